"""What AWS would refuse, found before anything is sent: `workbench preflight`.

The rules look at the template of each stage as CloudFormation would get it: merged with the team's
own, translated by SAM and with its values filled in.
"""
