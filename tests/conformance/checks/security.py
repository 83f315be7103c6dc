"""G: security."""

from collections.abc import Iterator

from tests.conformance.files import Files
from tests.conformance.model import Service, Statement
from tests.conformance.project import Project
from tests.conformance.registry import breaks, check

# Actions that AWS knows no resource for, so that only `*` can stand there.
WITHOUT_RESOURCES = {
    "cloudwatch:DescribeAlarms",
    "dynamodb:ListStreams",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}


@check("G1")
def roles_may_do_just_what_is_needed(project: Project) -> Iterator[str]:
    service = project.service()
    roles = [function.role for function in service.functions]
    for function in service.functions:
        if roles.count(function.role) > 1:
            yield f"{function.short_name} shares its role with another function"
        if service.role_of(function) is None:
            yield f"{function.short_name} has no role of the service's own"
    for role in service.roles:
        for policy in role.managed_policies:
            if "AmazonAPIGatewayPushToCloudWatchLogs" not in policy:
                yield f"{role.name} has a policy that AWS writes: {policy}"
    for name, statement in service.policies():
        yield from _too_wide(service, name, statement)


def _too_wide(service: Service, role: str, statement: Statement) -> Iterator[str]:
    if not statement.allows:
        return
    for action in statement.actions:
        if "*" in action:
            yield f"{role} may do anything like {action} ({statement.sid})"
    if "*" in statement.resources:
        for action in set(statement.actions) - WITHOUT_RESOURCES:
            yield f"{role} may {action} on everything ({statement.sid})"
        if not statement.reason:
            yield f"{role}: nothing says why {statement.sid} is about every resource"
    for resource in statement.resources:
        if resource != "*" and "*" in resource and service.name not in resource:
            yield f"{role} reaches resources of other services: {resource} ({statement.sid})"


@breaks(roles_may_do_just_what_is_needed, names="anything like dynamodb:*")
def any_action(files: Files) -> None:
    files.replace("template.yaml", "Action: dynamodb:PutItem", "Action: dynamodb:*")


@breaks(roles_may_do_just_what_is_needed, names="dynamodb:PutItem on everything")
def any_resource(files: Files) -> None:
    files.replace(
        "template.yaml",
        "Action: dynamodb:PutItem\n                Resource: !GetAtt OrdersTable.Arn",
        'Action: dynamodb:PutItem\n                Resource: "*"',
    )


@breaks(roles_may_do_just_what_is_needed, names="nothing says why Trace")
def a_wildcard_without_a_reason(files: Files) -> None:
    files.replace("template.yaml", "              # X-Ray has no resources to name.\n", "")


@breaks(roles_may_do_just_what_is_needed, names="shares its role")
def one_role_for_two(files: Files) -> None:
    files.replace("template.yaml", "Role: !GetAtt QueueRole.Arn", "Role: !GetAtt ApiRole.Arn")


@breaks(roles_may_do_just_what_is_needed, names="a policy that AWS writes")
def a_managed_policy(files: Files) -> None:
    files.replace(
        "template.yaml",
        "  ApiRole:\n    Type: AWS::IAM::Role\n    Properties:\n",
        "  ApiRole:\n    Type: AWS::IAM::Role\n    Properties:\n      ManagedPolicyArns:\n"
        "        - arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess\n",
    )
