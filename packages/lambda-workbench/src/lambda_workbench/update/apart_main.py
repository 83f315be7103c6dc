"""The command line in Copier's environment: run as a script, by its path.

Only this package is taken from where it is, not what is installed beside it.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

NAME = "lambda_workbench"
FOLDER = Path(__file__).resolve().parent.parent


def load() -> None:
    """Make the package importable, and nothing else of the folder that it is in."""
    spec = importlib.util.spec_from_file_location(
        NAME, FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
    )
    if spec is None or spec.loader is None:
        raise SystemExit(f"{FOLDER} is not a package")
    package = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    load()
    from lambda_workbench.cli import main

    main()
