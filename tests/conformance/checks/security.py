"""G: security."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from tests.conformance.checks.accounts import REPOSITORY, SUBJECTS
from tests.conformance.checks.operating import without_target
from tests.conformance.files import Files, bootstrap_part
from tests.conformance.model import Service, Statement
from tests.conformance.project import STAGES, Project
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


@breaks(roles_may_do_just_what_is_needed, names="anything like sqs:*")
def any_action(files: Files) -> None:
    files.replace("template.yaml", "Action: sqs:SendMessage", "Action: sqs:*")


@breaks(roles_may_do_just_what_is_needed, names="sqs:SendMessage on everything")
def any_resource(files: Files) -> None:
    files.replace(
        "template.yaml",
        "Action: sqs:SendMessage\n                Resource: !GetAtt OrdersQueue.Arn",
        'Action: sqs:SendMessage\n                Resource: "*"',
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


@check("G2")
def only_a_named_source_may_call(project: Project) -> Iterator[str]:
    service = project.service()
    for permission in service.permissions:
        who = f"{permission.principal} may call {permission.function.rpartition(':')[2]}"
        if not permission.source or permission.source in {"*", "arn:aws:*"}:
            yield f"{who} on behalf of anybody"
        elif "::" in permission.source and not permission.source_account:
            yield f"{who} from a bucket of any account"
    called = {permission.function for permission in service.permissions}
    for trigger in ("api", "events", "storage", "topic", "authorizer"):
        for function in service.functions:
            if function.short_name == trigger and function.arn not in called:
                yield f"nothing may call {trigger}"


@breaks(only_a_named_source_may_call, names="apigateway.amazonaws.com may call order-service-prod")
def a_permission_for_every_api(files: Files) -> None:
    files.write(
        "template.override.yaml",
        "Resources:\n  Open:\n    Type: AWS::Lambda::Permission\n    Properties:\n"
        "      FunctionName: !Ref ApiFunction.Alias\n      Action: lambda:InvokeFunction\n"
        "      Principal: apigateway.amazonaws.com\n",
    )


@breaks(only_a_named_source_may_call, names="any account", when={"triggers": ["storage"]})
def a_bucket_of_that_name_elsewhere(files: Files) -> None:
    files.replace("template.yaml", "      SourceAccount: !Ref AWS::AccountId\n", "")


@breaks(only_a_named_source_may_call, names="on behalf of anybody", when={"triggers": ["storage"]})
def a_permission_for_every_bucket(files: Files) -> None:
    files.substitute(
        "template.yaml", r"      SourceArn: !Sub arn:\$\{AWS::Partition\}:s3[^\n]*\n", ""
    )


# What code that has these variables calls, by the endpoint it needs in a network without internet.
CALLS = {
    "FLAGS": "appconfigdata",
    "ORDERS_QUEUE_URL": "sqs",
    "PARAMETERS_PATH": "ssm",
    "CURSOR_SECRET": "secretsmanager",
    "TOKEN_SECRET": "secretsmanager",
}


@check("G3")
def a_network_only_when_asked_and_then_closed(project: Project) -> Iterator[str]:
    service = project.service()
    network = service.network
    asked = project.answers["network"]
    if asked == "none":
        for function in service.functions:
            if function.subnets:
                yield f"{function.short_name} is in a network nobody asked for"
        if network or any(kind.startswith("AWS::EC2::") for kind in service.others):
            yield "there is a network nobody asked for"
        return
    for function in service.functions:
        if len(set(function.subnets)) < 2:
            yield f"{function.short_name} is in fewer than two subnets"
        if not function.security_groups:
            yield f"{function.short_name} has no security group"
    if asked == "existing":
        if network:
            yield "there is a network of its own beside the existing one"
        return
    if network is None:
        yield "there is no network"
        return
    if len({subnet.zone for subnet in network.subnets}) < 2:
        yield "its subnets are in one zone"
    for subnet in network.subnets:
        if subnet.public:
            yield f"{subnet.id} gives out public addresses"
    for way in network.internet:
        yield f"{way} is a way to the internet that nobody asked for"
    groups = {group.partition("#")[0] for f in service.functions for group in f.security_groups}
    ruled = [rule for rule in network.egress if rule.security_group.partition("#")[0] in groups]
    if not ruled:
        yield "nothing restricts where the functions may connect to"
    for rule in ruled:
        if rule.ports != (443, 443):
            yield f"functions may connect to ports {rule.ports[0]} to {rule.ports[1]} of {rule.to}"
    gateways = {endpoint.service for endpoint in network.endpoints if endpoint.kind == "gateway"}
    for name in sorted({"s3", "dynamodb"} - gateways):
        yield f"there is no gateway endpoint for {name}"
    interfaces = {
        endpoint.service for endpoint in network.endpoints if endpoint.kind == "interface"
    }
    wanted = set(project.answers["vpc_endpoints"])
    called = {CALLS[v] for f in service.functions for v in f.environment if v in CALLS}
    for name in sorted(interfaces - wanted - called):
        yield f"the endpoint for {name} is paid for and not asked for"
    for name in sorted(wanted - interfaces):
        yield f"the endpoint for {name} was asked for, and is missing"
    for function in service.functions:
        for variable in function.environment:
            if variable in CALLS and CALLS[variable] not in interfaces:
                yield f"{function.short_name} cannot reach {CALLS[variable]}: it has no endpoint"


IN_A_VPC = {"network": ["new"]}


@breaks(a_network_only_when_asked_and_then_closed, names="api is in a network nobody asked for")
def a_network_nobody_asked_for(files: Files) -> None:
    files.replace(
        "template.yaml",
        "    Tracing: Active\n",
        "    Tracing: Active\n    VpcConfig:\n      SubnetIds: [subnet-1, subnet-2]\n",
    )


@breaks(a_network_only_when_asked_and_then_closed, names="fewer than two", when=IN_A_VPC)
def one_subnet(files: Files) -> None:
    files.replace(
        "template.yaml", "SubnetIds: [!Ref SubnetA, !Ref SubnetB]", "SubnetIds: [!Ref SubnetA]"
    )


@breaks(a_network_only_when_asked_and_then_closed, names="in one zone", when=IN_A_VPC)
def one_zone(files: Files) -> None:
    files.replace("template.yaml", '!Select [1, !GetAZs ""]', '!Select [0, !GetAZs ""]')


@breaks(a_network_only_when_asked_and_then_closed, names="ports 0 to 65535", when=IN_A_VPC)
def every_port(files: Files) -> None:
    files.replace(
        "template.yaml",
        "          FromPort: 443\n          ToPort: 443\n          CidrIp",
        "          CidrIp",
    )


@breaks(a_network_only_when_asked_and_then_closed, names="gateway endpoint for s3", when=IN_A_VPC)
def no_way_to_s3(files: Files) -> None:
    files.substitute("template.yaml", r"  S3Endpoint:.*?\n\n", "")


@breaks(a_network_only_when_asked_and_then_closed, names="cannot reach ssm", when=IN_A_VPC)
def no_way_to_a_service_that_is_called(files: Files) -> None:
    files.substitute("template.yaml", r"  SsmEndpoint:.*?\n\n", "")


@breaks(a_network_only_when_asked_and_then_closed, names="way to the internet", when=IN_A_VPC)
def a_gateway_to_the_internet(files: Files) -> None:
    files.replace(
        "template.yaml",
        "  S3Endpoint:",
        "  Internet:\n    Type: AWS::EC2::InternetGateway\n\n  S3Endpoint:",
    )


@check("G4")
def callers_are_known(project: Project) -> Iterator[str]:
    service = project.service()
    wanted = project.answers["api_auth"]
    for api in service.apis:
        if not api.routes:
            yield f"{api.name} has no route"
        for route in api.routes:
            if route.auth != wanted:
                yield f"{route.method} {route.path} asks for {route.auth}, not for {wanted}"
            if route.auth == "jwt" and not route.scopes:
                yield f"{route.method} {route.path} takes a token that is for something else"
        if wanted == "api_key" and not any(plan.keys for plan in api.usage_plans):
            yield f"{api.name} asks for keys, of which there is none"
        if api.cors and "*" in api.cors.origins and (api.cors.credentials or wanted != "none"):
            yield "any page of the web may call in the name of whoever looks at it"
        given = [origin for origin in project.answers.get("cors_origins", "").split(",") if origin]
        if set(api.cors.origins if api.cors else ()) != set(given):
            yield f"pages of {api.cors.origins if api.cors else 'nobody'} may call, not of {given}"
        if not api.access_log:
            yield f"{api.name} has no access log"
        fields = set(re.findall(r'"(\w+)":"\$context', api.access_log_format))
        if not api.access_log_format.startswith("{") or not {"requestId", "status", "ip"} <= fields:
            yield f"the access log of {api.name} is not JSON with request, status and caller"
    if wanted != "none" and "def test_a_stranger_is_refused" not in project.files.read(
        "tests/e2e/test_api.py"
    ):
        yield "no end-to-end test shows that a stranger is refused"


@breaks(callers_are_known, names="GET /{proxy+} asks for none")
def an_open_route(files: Files) -> None:
    files.replace(
        "template.yaml",
        "            Method: GET\n",
        "            Method: GET\n            Auth:\n              Authorizer: NONE\n",
    )


@breaks(callers_are_known, names="a token that is for something else", when={"api_auth": ["jwt"]})
def tokens_for_anything(files: Files) -> None:
    files.replace("template.yaml", "            AuthorizationScopes: [!Ref JwtScope]\n", "")


@breaks(callers_are_known, names="any page of the web", when={"api_type": ["http"]})
def pages_of_anybody(files: Files) -> None:
    files.replace(
        "template.yaml",
        "      DefaultRouteSettings:\n",
        '      CorsConfiguration:\n        AllowOrigins: ["*"]\n      DefaultRouteSettings:\n',
    )


@breaks(callers_are_known, names="not of ['https://a.example'", when={"api_type": ["rest"]})
def a_page_that_was_forgotten(files: Files) -> None:
    files.substitute("template.yaml", r"https://a\.example", "https://other.example", 0)


@breaks(callers_are_known, names="has no access log")
def nothing_is_logged(files: Files) -> None:
    files.substitute("template.yaml", r"      AccessLogSettings?:.*?\n\n", "\n")


@breaks(callers_are_known, names="not JSON with request")
def a_log_nobody_can_query(files: Files) -> None:
    files.replace("template.yaml", '"requestId":"$context.requestId",', "")


@breaks(callers_are_known, names="of which there is none", when={"api_auth": ["api_key"]})
def a_lock_without_a_key(files: Files) -> None:
    files.substitute("template.yaml", r"  ApiUsagePlanKey:.*?\n\n", "")


@breaks(callers_are_known, names="a stranger is refused")
def nobody_tries_the_lock(files: Files) -> None:
    files.replace("tests/e2e/test_api.py", "def test_a_stranger_is_refused", "def a_stranger")


HTTP = "packages/lean-lambda/tests/unit/test_api.py"


@check("G5", runs=True)
def input_is_bounded(project: Project) -> Iterator[str]:
    for api in project.service().apis:
        if not api.throttle_rate or not api.throttle_burst:
            yield f"{api.name} takes any number of requests"
    yield from project.failing(
        f"{HTTP}::test_a_body_of_another_kind_or_too_large_is_refused",
        f"{HTTP}::test_what_does_not_fit_is_refused_with_a_reason",
        f"{HTTP}::test_no_json_body_is_ever_an_internal_error",
        f"{HTTP}::test_no_request_is_ever_an_internal_error",
        f"{HTTP}::test_a_refusal_repeats_little_of_the_request",
        f"{HTTP}::test_a_correlation_id_that_could_harm_the_logs_is_not_taken_over",
        "packages/lean-lambda/tests/unit/test_documents.py::test_no_bytes_do_more_than_be_refused",
        "packages/lean-lambda/tests/unit/test_documents.py::test_neither_depth_nor_half_a_character_does_more",
    )


@breaks(input_is_bounded, names="test_a_body_of_another_kind_or_too_large")
def a_body_of_any_size(files: Files) -> None:
    files.replace(files.library("routes.py"), "if len(request.body) > MAX_BODY_BYTES:", "if False:")


@breaks(input_is_bounded, names="test_what_does_not_fit_is_refused")
def a_path_of_any_length(files: Files) -> None:
    files.replace(files.library("routes.py"), "Segment if types[name] is str else ", "")


@breaks(input_is_bounded, names="test_neither_depth_nor_half_a_character")
def a_document_of_any_depth(files: Files) -> None:
    files.replace(files.library("documents.py"), ", RecursionError)", ")")


@breaks(input_is_bounded, names="test_a_refusal_repeats_little")
def a_refusal_of_any_length(files: Files) -> None:
    files.replace(files.library("api.py"), "detail = log.readable(detail)", "pass")
    files.replace(files.library("documents.py"), "readable(str(error))", "str(error)")


@breaks(input_is_bounded, names="test_a_correlation_id_that_could_harm")
def a_correlation_id_of_any_form(files: Files) -> None:
    files.replace(
        files.library("log.py"), "given if _CORRELATION_ID.fullmatch(given) else own", "given"
    )


@breaks(input_is_bounded, names="takes any number of requests")
def no_throttling(files: Files) -> None:
    files.substitute("template.yaml", r"        *(- )?Throttling\w+: !Ref \w+\n", "", 0)


@check("G7")
def deployments_need_no_stored_key(project: Project) -> Iterator[str]:
    for stage in STAGES:
        for form, subject in SUBJECTS.items():
            account = project.account(stage, SubjectForm=form, **REPOSITORY)
            for statement in account.role.trust:
                yield from _trust(statement, subject.format(stage=stage))
    for name, workflow in project.workflows().items():
        yield from _tokens(name, workflow)
        text = project.files.read(f".github/workflows/{name}")
        for kept in re.findall(r"aws-(?:access-key-id|secret-access-key)|secrets\.AWS_\w+", text):
            yield f"{name} uses a stored key: {kept}"


def _trust(statement: Statement, subject: str) -> Iterator[str]:
    issuer = "token.actions.githubusercontent.com"
    if statement.actions != ("sts:AssumeRoleWithWebIdentity",):
        yield f"the role can be taken by {', '.join(statement.actions)}"
    for principal in statement.principals:
        if not principal.endswith(f"oidc-provider/{issuer}"):
            yield f"the role can be taken by {principal}"
    if set(statement.conditions) - {"StringEquals"}:
        yield f"who may take the role is compared by {', '.join(statement.conditions)}"
    if statement.condition("StringEquals", f"{issuer}:aud") != ("sts.amazonaws.com",):
        yield "a token for any audience is taken"
    found = statement.condition("StringEquals", f"{issuer}:sub")
    if found != (subject,):
        yield f"the role trusts {' '.join(found) or 'every repository'}, not {subject}"


def _tokens(name: str, workflow: dict[Any, Any]) -> Iterator[str]:
    if workflow.get("permissions") not in ({}, {"contents": "read"}):
        yield f"every job of {name} may do more than read"
    for job_name, job in workflow["jobs"].items():
        permissions = job.get("permissions", {})
        commands = [step.get("run", "") for step in job.get("steps", [])]
        deploys = any(word in command for command in commands for word in ("deploy", "rollback"))
        if "id-token" in permissions and not (deploys and job.get("environment")):
            yield f"{job_name} in {name} can ask for a token without deploying to an environment"
        if deploys and permissions.get("id-token") != "write":
            yield f"{job_name} in {name} deploys without a token"


@breaks(deployments_need_no_stored_key, names="a token for any audience")
def any_audience(files: Files) -> None:
    files.substitute(
        bootstrap_part("pipeline.yaml"), r"\n[^\n]*githubusercontent.com:aud: [^\n]*", ""
    )


@breaks(deployments_need_no_stored_key, names="the role trusts repo:acme@42/orders@4711:*")
def any_branch_of_the_repository(files: Files) -> None:
    files.replace(
        bootstrap_part("pipeline.yaml"),
        "${GitHubRepositoryId}:environment:${Stage}",
        "${GitHubRepositoryId}:*",
    )


@breaks(deployments_need_no_stored_key, names="not repo:acme/orders:environment:dev")
def any_repository_of_the_old_form(files: Files) -> None:
    files.replace(
        bootstrap_part("pipeline.yaml"),
        "repo:${GitHubOrganisation}/${GitHubRepository}:",
        "repo:${GitHubOrganisation}/*:",
    )


@breaks(deployments_need_no_stored_key, names="compared by StringLike")
def a_pattern_of_repositories(files: Files) -> None:
    files.replace(
        bootstrap_part("pipeline.yaml"),
        "StringEquals:\n                token.",
        "StringLike:\n                token.",
    )


@breaks(deployments_need_no_stored_key, names="uses a stored key")
def a_stored_key(files: Files) -> None:
    files.substitute(
        ".github/workflows/deploy.yml",
        r"role-to-assume: [^\n]*",
        "aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }}",
    )


@breaks(deployments_need_no_stored_key, names="check in ci.yml can ask for a token")
def a_token_for_a_job_that_only_checks(files: Files) -> None:
    files.replace(
        ".github/workflows/ci.yml",
        "      contents: read\n",
        "      contents: read\n      id-token: write\n",
        1,
    )


@breaks(deployments_need_no_stored_key, names="every job of deploy.yml")
def everything_may_write(files: Files) -> None:
    files.replace(".github/workflows/deploy.yml", "permissions: {}", "permissions: write-all")


@check("G10")
def data_survives_mistakes(project: Project) -> Iterator[str]:
    for stage in STAGES:
        service = project.service(stage)
        for table in service.tables:
            passing = bool(table.time_to_live)  # what was done already, for a day
            if not table.point_in_time_recovery:
                yield f"{stage}: {table.name} cannot be put back to a point in time"
            if stage == "prod" and not table.deletion_protection:
                yield f"{stage}: {table.name} can be deleted by a slip"
            if not table.kept and not passing:
                yield f"{stage}: {table.name} goes when the stack does"
        for bucket in service.buckets:
            if not bucket.kept:
                yield f"{stage}: {bucket.name} goes when the stack does"
            if not bucket.versioned:
                yield f"{stage}: {bucket.name} forgets what is overwritten"


@breaks(data_survives_mistakes, names="cannot be put back")
def no_recovery(files: Files) -> None:
    files.replace(
        "template.yaml", "PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false", 1
    )


@breaks(data_survives_mistakes, names="prod: stack-prod-OrdersTable can be deleted")
def no_protection_in_prod(files: Files) -> None:
    files.replace(
        "template.yaml", "!If [ProtectsData, true, false]", "!If [ProtectsData, false, true]", 1
    )


@breaks(data_survives_mistakes, names="OrdersTable goes when the stack does")
def a_table_that_goes_with_the_stack(files: Files) -> None:
    files.substitute(
        "template.yaml",
        r"(OrdersTable:\n    Type: AWS::DynamoDB::Table\n)    DeletionPolicy: \w+\n",
        r"\1    DeletionPolicy: Delete\n",
    )


@breaks(data_survives_mistakes, names="forgets what is overwritten", when={"triggers": ["storage"]})
def a_bucket_without_versions(files: Files) -> None:
    files.replace(
        "template.yaml",
        "        Status: Enabled\n      LifecycleConfiguration",
        "        Status: Suspended\n      LifecycleConfiguration",
    )


@breaks(data_survives_mistakes, names="prod-111111111111 goes when", when={"triggers": ["storage"]})
def a_bucket_that_is_replaced(files: Files) -> None:
    files.substitute(
        "template.yaml",
        r"(DependsOn: IncomingPermission\n    Deletion\w+: \w+\n)    UpdateReplacePolicy: \w+\n",
        r"\1",
    )


# --- G9 ---


@check("G9", runs=True)
def the_infrastructure_keeps_published_rules(project: Project) -> Iterator[str]:
    yield from without_target(project, "policies")
    jobs = project.workflows()["ci.yml"]["jobs"] if project.answers["ci"] == "github" else {}
    commands = [step.get("run") for job in jobs.values() for step in job["steps"]]
    for command in ("make check", "make policies"):
        if jobs and command not in commands:
            yield f"the pipeline does not run {command}"
    lines = project.files.read(".checkov.yaml").splitlines()
    for before, line in pairwise(lines):
        reason = before.lstrip().startswith("#")
        if line.lstrip().startswith("- ") and not reason and not before.lstrip().startswith("- "):
            yield f".checkov.yaml skips {line.strip(' -')} without a reason"
    done = project.make("policies")
    if done.code != 0:
        yield f"make policies: {' '.join(done.output.split())[:900]}"


@breaks(the_infrastructure_keeps_published_rules, names="0.0.0.0:0 to port 22 (CKV_AWS_24)")
def a_door_that_is_open(files: Files) -> None:
    files.write("template.override.yaml", OPEN_DOOR)


@breaks(the_infrastructure_keeps_published_rules, names="CKV_AWS_24 is skipped without a comment")
def a_rule_that_is_skipped(files: Files) -> None:
    skipped = "    Metadata: {checkov: {skip: [{id: CKV_AWS_24}, {id: CKV_AWS_23}]}}\n"
    files.write("template.override.yaml", OPEN_DOOR + skipped)


@breaks(the_infrastructure_keeps_published_rules, names="skips CKV_AWS_1 without a reason")
def a_rule_that_does_not_count(files: Files) -> None:
    files.replace(".checkov.yaml", "skip-check:\n", "skip-check:\n  - CKV_AWS_1\n")


@breaks(the_infrastructure_keeps_published_rules, names="(CKV_AWS_53)")
def packages_that_may_be_made_public(files: Files) -> None:
    part = bootstrap_part("artefacts.yaml")
    files.replace(part, "BlockPublicAcls: true", "BlockPublicAcls: false")


@breaks(the_infrastructure_keeps_published_rules, names="does not run make policies")
def a_pipeline_that_does_not_look(files: Files) -> None:
    files.replace(".github/workflows/ci.yml", "make policies", "make secrets")


OPEN_DOOR = """\
Resources:
  Door:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: open
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}
"""
