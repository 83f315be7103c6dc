"""Import one handler as Lambda will; run as a script in a process of its own.

    python import_handler.py <folders of the package> <folder of the SDK> <module>

The folders stand as on the PATH. Only the SDK may come from elsewhere than from them. When the
module has an `api`, its OpenAPI document is printed.
"""

from __future__ import annotations

import importlib.machinery
import json
import os
import sys
from collections.abc import Sequence
from types import ModuleType

# What Lambda's Python runtimes bring along.
SDK = {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"}


class SdkFinder:
    """Finds the SDK, and nothing else, in one folder."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """What the import system asks for a module that it has not found itself."""
        if name.partition(".")[0] not in SDK:
            return None
        return importlib.machinery.PathFinder.find_spec(name, path or [self._folder], target)


def main(folders: str, sdk_folder: str, name: str) -> None:
    """Import the module and print its OpenAPI document, if it has one."""
    sys.dont_write_bytecode = True
    sys.path[:0] = folders.split(os.pathsep)
    sys.meta_path.append(SdkFinder(sdk_folder))
    __import__(name)  # importlib.import_module does not show in `python -X importtime`
    module = sys.modules[name]
    api = getattr(module, "api", None)
    if api is not None and hasattr(api, "openapi"):
        print(json.dumps(api.openapi(), indent=2, sort_keys=True, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
