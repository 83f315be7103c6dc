"""`python -m lambda_workbench`: as `workbench`, where the environment is not on the PATH."""

from lambda_workbench.cli import main

main()
