"""`python -m lambda_workbench.preflight`: as `workbench preflight`."""

import sys

from lambda_workbench.cli import main

main(["preflight", *sys.argv[1:]])
