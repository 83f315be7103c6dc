"""Build and deploy one stage: `make deploy STAGE=dev`."""

from __future__ import annotations

import subprocess
import sys

from tools.package import build
from tools.project import DIST, ROOT, ToolError
from tools.sam import sam
from tools.stages import stage_names


def main() -> None:
    """Package for AWS, then let SAM upload and deploy with the settings of samconfig.toml."""
    stage = sys.argv[1] if len(sys.argv) > 1 else ""
    if stage not in stage_names():
        raise ToolError(f"name a stage: make deploy STAGE={'|'.join(stage_names())}")
    build(DIST, stage, local=False)
    done = subprocess.run(sam("deploy", "--config-env", stage), cwd=ROOT, check=False)
    sys.exit(done.returncode)


if __name__ == "__main__":
    from tools.cli import guarded

    guarded(main)
