"""The stack that a stage stands on, composed from parts for what the service has.

`parts/` holds CloudFormation: the bucket for packages, the roles of the pipeline and of
CloudFormation, and the boundary of the functions' roles. Nobody edits the result, so no project
keeps a copy: `workbench bootstrap --show` prints it.
"""
