"""Reads what a project's SAM template makes of one stage into the model.

What is read is what would be deployed: template.yaml with template.override.yaml over it, the
stage's parameters from samconfig.toml, and all of it through SAM's own translator.
"""

import json
import logging
import os
import re
import shlex
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import yaml

from lambda_workbench.bootstrap.of_project import composed
from tests.conformance import model
from tests.conformance.cloudformation import ACCOUNT, PARTITION, Template, load, merge
from tests.conformance.files import Files, bootstrap_part

STAGES = ("dev", "staging", "prod")
# What a deployment has to be told; everything else has a default.
GIVEN = {
    "JwtIssuer": "https://issuer.example",
    "JwtAudience": "service",
    "JwtScope": "orders/use",
    "UserPoolArn": f"arn:aws:cognito-idp:eu-west-1:{ACCOUNT}:userpool/eu-west-1_a",
    "SubnetIds": "subnet-1,subnet-2",
    "SecurityGroupIds": "sg-1",
}

Properties = dict[str, Any]


class _NoPolicies:
    """SAM's translator asks IAM for the names of AWS's policies, which nothing here needs."""

    def load(self) -> dict[str, str]:
        return {}


def read(files: Files, stage: str, **parameters: str) -> model.Service:
    """The service as the stage would have it; `parameters` go over the stage's own."""
    answers = yaml.safe_load(files.read(".copier-answers.yml"))
    source = load(files.read("template.yaml"))
    if "template.override.yaml" in files:
        source = merge(source, load(files.read("template.override.yaml")))
    given, tags = _stage(files, stage)
    declared = source["Parameters"]
    required = {
        name: value
        for name, value in GIVEN.items()
        if name in declared and "Default" not in declared[name] and not given.get(name)
    }
    region = str(answers["aws_region"])
    plain = _translate(source, {**given, **required, **parameters}, region)
    template = Template(plain, {**given, **required, **parameters}, region)
    reader = _Reader(template, str(answers["project_slug"]), stage, files.read("template.yaml"))
    return reader.service(declared, given, tags)


def read_account(files: Files, stage: str, **parameters: str) -> model.Account:
    """What `make bootstrap` makes in the account of a stage."""
    answers = yaml.safe_load(files.read(".copier-answers.yml"))
    text = bootstrap_template(files)
    given = {"Stage": stage, **parameters}
    template = Template(load(text), given, str(answers["aws_region"]))
    reader = _Reader(template, str(answers["project_slug"]), stage, text)
    return reader.account()


def bootstrap_template(files: Files) -> str:
    """What `make bootstrap` would deploy, by the parts that the project has the workbench with."""
    return composed(_Here(files), read=lambda name: files.read(bootstrap_part(name)))


class _Here:
    """The files as the workbench asks for them."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def read(self, name: str) -> str | None:
        """The text of a file; None without it."""
        return self._files.read(name) if name in self._files else None


def _stage(files: Files, stage: str) -> tuple[dict[str, str], dict[str, str]]:
    """The parameters and the tags that samconfig.toml gives a stage."""
    settings = tomllib.loads(files.read("samconfig.toml"))
    deploy = settings.get(stage, {}).get("deploy", {}).get("parameters", {})
    return (
        {"Stage": stage, **_pairs(deploy.get("parameter_overrides", []))},
        _pairs(deploy.get("tags", [])),
    )


def _pairs(listed: list[str] | str) -> dict[str, str]:
    """`Key=value` pairs, whose values may be quoted."""
    found = {}
    for pair in [listed] if isinstance(listed, str) else listed:
        key, _, value = pair.partition("=")
        found[key] = "".join(shlex.split(value)) if value[:1] in {'"', "'"} else value
    return found


def _translate(
    source: dict[str, Any], parameters: Mapping[str, str], region: str
) -> dict[str, Any]:
    from samtranslator.translator.transform import transform

    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    for body in source["Resources"].values():
        if body["Type"] == "AWS::Serverless::Function" and "CodeUri" in body["Properties"]:
            body["Properties"]["CodeUri"] = "s3://bucket/key"
        if body["Type"] == "AWS::Serverless::LayerVersion":
            body["Properties"]["ContentUri"] = "s3://bucket/layer"
    before = os.environ.get("AWS_DEFAULT_REGION")
    os.environ["AWS_DEFAULT_REGION"] = region
    try:
        plain = transform(source, dict(parameters), _NoPolicies())
    finally:
        if before is None:
            del os.environ["AWS_DEFAULT_REGION"]
        else:
            os.environ["AWS_DEFAULT_REGION"] = before
    found: dict[str, Any] = json.loads(json.dumps(plain, default=str))
    return found


class _Reader:
    def __init__(self, template: Template, slug: str, stage: str, text: str) -> None:
        self._t = template
        self._slug = slug
        self._stage = stage
        self._reasons = dict(_comments(text))
        self._policies = dict(self._resource_policies())
        self._own_keys = {
            template.name_of(name): template.arn_of(name)
            for name in template.of_type("AWS::KMS::Key")
        }
        self._read: set[str] = set()

    def _of(self, *kinds: str) -> list[tuple[str, Properties]]:
        self._read |= set(kinds)
        return list(self._t.of_type(*kinds).items())

    def service(
        self, declared: Mapping[str, Any], given: Mapping[str, str], tags: Mapping[str, str]
    ) -> model.Service:
        found = model.Service(
            name=self._slug,
            stage=self._stage,
            tags=tags,
            settings={name: str(self._t.parameter(name)) for name in declared},
            given=given,
            functions=tuple(self._functions(declared)),
            roles=tuple(self._roles()),
            event_sources=tuple(self._event_sources()),
            rules=tuple(self._rules()),
            schedules=tuple(self._schedules()),
            subscriptions=tuple(self._subscriptions()),
            permissions=tuple(self._permissions()),
            queues=tuple(self._queues()),
            streams=tuple(self._streams()),
            tables=tuple(self._tables()),
            buckets=tuple(self._buckets()),
            topics=tuple(self._topics()),
            keys=tuple(self._keys()),
            secrets=tuple(self._secrets()),
            parameters=tuple(self._parameters()),
            apis=tuple(self._apis()),
            alarms=tuple(self._alarms()),
            log_groups=tuple(self._log_groups()),
            queries=tuple(self._queries()),
            dashboards=tuple(self._dashboards()),
            network=self._network(),
            budgets=tuple(self._budgets()),
            autoscaling=tuple(self._autoscaling()),
            flags=self._flags(),
            others={},
        )
        kinds = Counter(body["Type"] for body in self._t.resources.values())
        return replace(found, others={k: n for k, n in kinds.items() if k not in self._read})

    def account(self) -> model.Account:
        attached = {
            self._t.arn_of(name): tuple(self._statements(name, p["PolicyDocument"]))
            for name, p in self._of("AWS::IAM::ManagedPolicy")
        }

        def whole(role: model.Role) -> model.Role:
            own = [policy for policy in role.managed_policies if policy in attached]
            return replace(
                role,
                statements=tuple(statement for policy in own for statement in attached[policy]),
                managed_policies=tuple(p for p in role.managed_policies if p not in attached),
            )

        roles = {
            principal.split(":")[0]: whole(role)
            for role in self._roles()
            for statement in role.trust
            for principal in statement.principals
        }
        return model.Account(
            roles["federated"],
            roles["service"],
            self._t.output("BoundaryArn"),
            tuple(p["Url"] for _, p in self._of("AWS::IAM::OIDCProvider")),
        )

    # --- functions ---

    def _functions(self, declared: Mapping[str, Any]) -> Iterator[model.Function]:
        asynchronous = {
            self._function(p["FunctionName"])[0]: model.AsyncInvocation(
                p.get("MaximumRetryAttempts"),
                p.get("MaximumEventAgeInSeconds"),
                _at(p, "DestinationConfig", "OnFailure", "Destination") or "",
            )
            for _, p in self._of("AWS::Lambda::EventInvokeConfig")
        }
        aliases = {
            self._function(p["FunctionName"])[0]: (name, p)
            for name, p in self._of("AWS::Lambda::Alias")
        }
        self._read.add("AWS::Lambda::Version")
        for name, p in self._of("AWS::Lambda::Function"):
            arn = self._t.arn_of(name)
            alias, alias_properties = aliases.get(arn, ("", {}))
            logging_config = p.get("LoggingConfig", {})
            yield model.Function(
                name=self._t.name_of(name),
                arn=arn,
                short_name=self._t.name_of(name).removeprefix(f"{self._slug}-{self._stage}-"),
                handler=p.get("Handler") or (_at(p, "ImageConfig", "Command") or [""])[0],
                role=p.get("Role", ""),
                runtime=p.get("Runtime", ""),
                architecture=p.get("Architectures", [""])[0],
                memory=self._setting(name, "MemorySize", declared),
                timeout=self._setting(name, "Timeout", declared),
                environment=_at(p, "Environment", "Variables") or {},
                log_group=logging_config.get("LogGroup", ""),
                log_format=logging_config.get("LogFormat", ""),
                log_level=logging_config.get("ApplicationLogLevel", ""),
                system_log_level=logging_config.get("SystemLogLevel", ""),
                tracing=_at(p, "TracingConfig", "Mode") or "",
                recursive_loop=p.get("RecursiveLoop", ""),
                reserved_concurrency=p.get("ReservedConcurrentExecutions"),
                provisioned_concurrency=_at(
                    alias_properties,
                    "ProvisionedConcurrencyConfig",
                    "ProvisionedConcurrentExecutions",
                ),
                snapstart=_at(p, "SnapStart", "ApplyOn") == "PublishedVersions",
                alias=alias_properties.get("Name", ""),
                version=alias_properties.get("FunctionVersion", ""),
                shifting=self._shifting(alias) if alias else None,
                asynchronous=asynchronous.get(arn),
                subnets=_several(_at(p, "VpcConfig", "SubnetIds")),
                security_groups=_several(_at(p, "VpcConfig", "SecurityGroupIds")),
                layers=tuple(p.get("Layers", ())),
                key=self._key(p.get("KmsKeyArn")),
                image=p.get("PackageType") == "Image",
                tags=_tags(p),
            )

    def _function(self, reference: str) -> tuple[str, bool]:
        """The ARN of a function without its alias, and whether there was one."""
        reference = reference.partition("/functions/")[2].partition("/invocations")[0] or reference
        if not reference.startswith("arn:"):
            reference = f"arn:{PARTITION}:lambda:{self._t.region}:{ACCOUNT}:function:{reference}"
        parts = reference.split(":")
        return ":".join(parts[:7]), len(parts) > 7

    def _setting(
        self, logical_id: str, name: str, declared: Mapping[str, Any]
    ) -> model.Setting | None:
        properties = self._t.resources[logical_id]["Properties"]
        if name not in properties:
            return None
        written = self._t.source(logical_id)["Properties"][name]
        parameter = str(written["Ref"]) if isinstance(written, dict) and "Ref" in written else ""
        reason = declared.get(parameter, {}).get("Description", "")
        return model.Setting(float(properties[name]), str(reason), parameter)

    def _shifting(self, alias: str) -> model.Shifting | None:
        groups = dict(self._of("AWS::CodeDeploy::DeploymentGroup"))
        self._read.add("AWS::CodeDeploy::Application")
        update = _at(self._t.resources[alias], "UpdatePolicy", "CodeDeployLambdaAliasUpdate")
        group = next(
            (
                p
                for name, p in groups.items()
                if update and self._t.name_of(name) == update["DeploymentGroupName"]
            ),
            None,
        )
        if group is None:
            return None
        name = group["DeploymentConfigName"].removeprefix("CodeDeployDefault.Lambda")
        kind = {"A": "all_at_once", "C": "canary", "L": "linear"}[name[0]]
        watched = group.get("AlarmConfiguration", {})
        events = _at(group, "AutoRollbackConfiguration", "Events") or []
        return model.Shifting(
            kind,
            tuple(alarm["Name"] for alarm in watched.get("Alarms", []))
            if watched.get("Enabled")
            else (),
            bool(_at(group, "AutoRollbackConfiguration", "Enabled"))
            and {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"} <= set(events),
        )

    def _autoscaling(self) -> Iterator[model.Autoscaling]:
        policies = {
            p.get("ScalingTargetId", ""): _at(
                p, "TargetTrackingScalingPolicyConfiguration", "TargetValue"
            )
            for _, p in self._of("AWS::ApplicationAutoScaling::ScalingPolicy")
        }
        for name, p in self._of("AWS::ApplicationAutoScaling::ScalableTarget"):
            function = p["ResourceId"].split(":")[1]
            yield model.Autoscaling(
                self._function(function)[0],
                int(p["MinCapacity"]),
                int(p["MaxCapacity"]),
                policies.get(self._t.name_of(name)),
            )

    # --- what starts them ---

    def _event_sources(self) -> Iterator[model.EventSource]:
        for name, p in self._of("AWS::Lambda::EventSourceMapping"):
            function, qualified = self._function(p["FunctionName"])
            yield model.EventSource(
                id=self._t.name_of(name),
                function=function,
                qualified=qualified,
                source=p["EventSourceArn"],
                batch_size=int(p.get("BatchSize", 0)),
                partial_failures="ReportBatchItemFailures" in p.get("FunctionResponseTypes", []),
                maximum_concurrency=_at(p, "ScalingConfig", "MaximumConcurrency"),
                provisioned_pollers="ProvisionedPollerConfig" in p,
                bisects=bool(p.get("BisectBatchOnFunctionError")),
                retries=p.get("MaximumRetryAttempts"),
                max_age=p.get("MaximumRecordAgeInSeconds"),
                parallelization=p.get("ParallelizationFactor"),
                on_failure=_at(p, "DestinationConfig", "OnFailure", "Destination") or "",
                metrics=tuple(_at(p, "MetricsConfig", "Metrics") or ()),
                filters=tuple(_at(p, "FilterCriteria", "Filters") or ()),
                key=self._key(p.get("KmsKeyArn")),
            )

    def _target(self, p: Properties) -> model.Target:
        function, qualified = self._function(p["Arn"])
        return model.Target(
            arn=p["Arn"],
            function=function,
            qualified=qualified,
            retries=_at(p, "RetryPolicy", "MaximumRetryAttempts"),
            max_age=_at(p, "RetryPolicy", "MaximumEventAgeInSeconds"),
            dead_letters=_at(p, "DeadLetterConfig", "Arn") or "",
        )

    def _rules(self) -> Iterator[model.Rule]:
        for name, p in self._of("AWS::Events::Rule"):
            targets = tuple(self._target(target) for target in p.get("Targets", []))
            yield model.Rule(
                self._t.name_of(name), self._t.arn_of(name), p.get("EventPattern"), targets
            )

    def _schedules(self) -> Iterator[model.Schedule]:
        groups = {self._t.name_of(name) for name, _ in self._of("AWS::Scheduler::ScheduleGroup")}
        for name, p in self._of("AWS::Scheduler::Schedule"):
            yield model.Schedule(
                self._t.name_of(name),
                self._t.arn_of(name),
                p["GroupName"] if p.get("GroupName") in groups else "",
                p["ScheduleExpression"],
                p.get("State", "ENABLED") == "ENABLED",
                self._target(p["Target"]),
                p["Target"].get("RoleArn", ""),
            )

    def _subscriptions(self) -> Iterator[model.Subscription]:
        for _, p in self._of("AWS::SNS::Subscription"):
            is_function = p["Protocol"] == "lambda"
            yield model.Subscription(
                p["TopicArn"],
                p["Protocol"],
                p["Endpoint"],
                self._function(p["Endpoint"])[0] if is_function else "",
                _at(p, "RedrivePolicy", "deadLetterTargetArn") or "",
            )

    def _permissions(self) -> Iterator[model.Permission]:
        for _, p in self._of("AWS::Lambda::Permission"):
            yield model.Permission(
                self._function(p["FunctionName"])[0],
                p["Principal"],
                p.get("SourceArn", ""),
                p.get("SourceAccount", ""),
            )

    # --- where data is ---

    def _resource_policies(self) -> Iterator[tuple[str, tuple[model.Statement, ...]]]:
        """What a policy of its own resource says about a queue, topic or bucket, by its Ref."""
        for kind, about in (
            ("AWS::SQS::QueuePolicy", "Queues"),
            ("AWS::SNS::TopicPolicy", "Topics"),
            ("AWS::S3::BucketPolicy", "Bucket"),
        ):
            for name, p in self._t.of_type(kind).items():
                for reference in _listed(p[about]):
                    yield reference, tuple(self._statements(name, p["PolicyDocument"]))

    def _queues(self) -> Iterator[model.Queue]:
        self._read.add("AWS::SQS::QueuePolicy")
        for name, p in self._of("AWS::SQS::Queue"):
            redrive = p.get("RedrivePolicy", {})
            yield model.Queue(
                name=self._t.name_of(name),
                arn=self._t.arn_of(name),
                url=self._t.url_of(name),
                fifo=bool(p.get("FifoQueue")),
                visibility=int(p.get("VisibilityTimeout", 30)),
                retention=int(p.get("MessageRetentionPeriod", 345600)),
                dead_letters=redrive.get("deadLetterTargetArn", ""),
                max_receives=redrive.get("maxReceiveCount"),
                redrive_from=tuple(_at(p, "RedriveAllowPolicy", "sourceQueueArns") or ()),
                encrypted=bool(p.get("SqsManagedSseEnabled") or p.get("KmsMasterKeyId")),
                key=self._key(p.get("KmsMasterKeyId")),
                policy=self._policies.get(self._t.url_of(name), ()),
            )

    def _streams(self) -> Iterator[model.Stream]:
        for name, p in self._of("AWS::Kinesis::Stream"):
            encryption = p.get("StreamEncryption", {})
            yield model.Stream(
                self._t.name_of(name),
                self._t.arn_of(name),
                encryption.get("EncryptionType") == "KMS",
                self._key(encryption.get("KeyId")),
            )

    def _key(self, reference: str | None) -> str:
        """The ARN of a key of the service's own, another's reference as it is, or nothing."""
        return self._own_keys.get(reference or "", reference or "")

    def _kept(self, name: str) -> bool:
        body = self._t.resources[name]
        return body.get("DeletionPolicy") in {
            "Retain",
            "RetainExceptOnCreate",
            "Snapshot",
        } and body.get("UpdateReplacePolicy") in {"Retain", "Snapshot"}

    def _tables(self) -> Iterator[model.Table]:
        for name, p in self._of("AWS::DynamoDB::Table"):
            ttl = p.get("TimeToLiveSpecification", {})
            yield model.Table(
                name=self._t.name_of(name),
                arn=self._t.arn_of(name),
                stream=(
                    f"{self._t.arn_of(name)}/stream/2026-01-01T00:00:00.000"
                    if "StreamSpecification" in p
                    else ""
                ),
                point_in_time_recovery=_at(
                    p, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"
                )
                is True,
                deletion_protection=p.get("DeletionProtectionEnabled") is True,
                kept=self._kept(name),
                time_to_live=ttl.get("AttributeName", "") if ttl.get("Enabled") else "",
                encrypted=_at(p, "SSESpecification", "SSEEnabled") is True,
                key=self._key(_at(p, "SSESpecification", "KMSMasterKeyId")),
            )

    def _buckets(self) -> Iterator[model.Bucket]:
        self._read.add("AWS::S3::BucketPolicy")
        for name, p in self._of("AWS::S3::Bucket"):
            block = p.get("PublicAccessBlockConfiguration", {})
            rules = _at(p, "BucketEncryption", "ServerSideEncryptionConfiguration") or []
            by_default = [rule.get("ServerSideEncryptionByDefault", {}) for rule in rules]
            yield model.Bucket(
                name=self._t.name_of(name),
                arn=self._t.arn_of(name),
                private=len(block) == 4 and all(value is True for value in block.values()),
                versioned=_at(p, "VersioningConfiguration", "Status") == "Enabled",
                kept=self._kept(name),
                encrypted=bool(by_default),
                key=self._key(next((rule.get("KMSMasterKeyID") for rule in by_default), "")),
                notifications=tuple(
                    model.Notification(
                        self._function(n["Function"])[0],
                        n["Event"],
                        {
                            rule["Name"].lower(): rule["Value"]
                            for rule in _at(n, "Filter", "S3Key", "Rules") or []
                        },
                    )
                    for n in _at(p, "NotificationConfiguration", "LambdaConfigurations") or []
                ),
                expires_after_days=next(
                    (
                        int(rule["ExpirationInDays"])
                        for rule in _at(p, "LifecycleConfiguration", "Rules") or []
                        if rule["Status"] == "Enabled"
                        and "ExpirationInDays" in rule
                        and not rule.get("Prefix")
                    ),
                    None,
                ),
                policy=self._policies.get(self._t.name_of(name), ()),
            )

    def _topics(self) -> Iterator[model.Topic]:
        self._read.add("AWS::SNS::TopicPolicy")
        for name, p in self._of("AWS::SNS::Topic"):
            arn = self._t.arn_of(name)
            yield model.Topic(
                self._t.name_of(name),
                arn,
                self._key(p.get("KmsMasterKeyId")),
                self._policies.get(arn, ()),
            )

    def _keys(self) -> Iterator[model.Key]:
        aliases = {p["TargetKeyId"]: p["AliasName"] for _, p in self._of("AWS::KMS::Alias")}
        for name, p in self._of("AWS::KMS::Key"):
            arn, id_ = self._t.arn_of(name), self._t.name_of(name)
            yield model.Key(
                arn,
                aliases.get(id_, aliases.get(arn, "")),
                p.get("EnableKeyRotation") is True,
                tuple(self._statements(name, p["KeyPolicy"])),
                self._kept(name),
            )

    def _secrets(self) -> Iterator[model.Secret]:
        for name, p in self._of("AWS::SecretsManager::Secret"):
            yield model.Secret(
                self._t.arn_of(name),
                "GenerateSecretString" in p and "SecretString" not in p,
                self._key(p.get("KmsKeyId")),
            )

    def _parameters(self) -> Iterator[model.Parameter]:
        for _, p in self._of("AWS::SSM::Parameter"):
            yield model.Parameter(p["Name"], str(p["Value"]))

    # --- policies ---

    def _roles(self) -> Iterator[model.Role]:
        for name, p in self._of("AWS::IAM::Role"):
            yield model.Role(
                self._t.name_of(name),
                self._t.arn_of(name),
                tuple(self._statements(name, p["AssumeRolePolicyDocument"])),
                tuple(
                    statement
                    for policy in p.get("Policies", [])
                    for statement in self._statements(name, policy["PolicyDocument"])
                ),
                tuple(p.get("ManagedPolicyArns", ())),
                p.get("Path", "/"),
                p.get("PermissionsBoundary", ""),
            )

    def _statements(self, resource: str, document: Properties) -> Iterator[model.Statement]:
        for statement in _listed(document["Statement"]):
            sid = statement.get("Sid", "")
            yield model.Statement(
                sid=sid,
                allows=statement["Effect"] == "Allow",
                actions=tuple(_listed(statement.get("Action", []))),
                resources=tuple(_listed(statement.get("Resource", []))),
                principals=tuple(_principals(statement.get("Principal", {}))),
                conditions={
                    operator: {key: tuple(map(str, _listed(v))) for key, v in compared.items()}
                    for operator, compared in statement.get("Condition", {}).items()
                },
                reason=self._reasons.get((resource, sid), ""),
            )

    # --- APIs ---

    def _apis(self) -> Iterator[model.Api]:
        associations = {
            p["ResourceArn"].rpartition("/restapis/")[2].split("/")[0]: p["WebACLArn"]
            for _, p in self._of("AWS::WAFv2::WebACLAssociation")
        }
        for name, p in self._of("AWS::ApiGatewayV2::Api"):
            stage = self._stage_of("AWS::ApiGatewayV2::Stage", "ApiId", name)
            settings = stage.get("DefaultRouteSettings", {})
            cors = p.get("CorsConfiguration") or _at(p, "Body", "x-amazon-apigateway-cors")
            yield self._api(
                name,
                p,
                kind="http",
                identity=self._t.name_of(name),
                settings=settings,
                access=stage.get("AccessLogSettings", {}),
                cors=_cors(cors) if cors else None,
                detailed_metrics=settings.get("DetailedMetricsEnabled") is True,
            )
        for name, p in self._of("AWS::ApiGateway::RestApi"):
            stage = self._stage_of("AWS::ApiGateway::Stage", "RestApiId", name)
            every = [
                settings
                for settings in stage.get("MethodSettings", [])
                if (settings.get("ResourcePath"), settings.get("HttpMethod")) == ("/*", "*")
            ]
            settings = every[0] if every else {}
            yield self._api(
                name,
                p,
                kind="rest",
                identity=p.get("Name", ""),
                settings=settings,
                access=stage.get("AccessLogSetting", {}),
                cors=_cors_of_preflight(p.get("Body", {})),
                detailed_metrics=settings.get("MetricsEnabled") is True,
                cache=stage.get("CacheClusterEnabled") is True,
                kept=tuple(_kept_answers(stage.get("MethodSettings", []), p.get("Body", {}))),
                firewall=associations.get(self._t.name_of(name), ""),
                usage_plans=tuple(self._usage_plans(self._t.name_of(name))),
                tracing=stage.get("TracingEnabled") is True,
            )
        self._read |= {"AWS::ApiGateway::Deployment", "AWS::ApiGateway::Account"}

    def _stage_of(self, kind: str, by: str, api: str) -> Properties:
        found = [p for _, p in self._of(kind) if p[by] == self._t.name_of(api)]
        return found[0] if found else {}

    def _api(
        self,
        name: str,
        p: Properties,
        *,
        kind: str,
        identity: str,
        settings: Properties,
        access: Properties,
        **more: Any,
    ) -> model.Api:
        destination = access.get("DestinationArn", "")
        return model.Api(
            name=str(p.get("Name") or _at(p, "Body", "info", "title") or name),
            arn=self._t.arn_of(name),
            kind=kind,
            identity=identity,
            routes=tuple(self._routes(p.get("Body", {}))),
            throttle_rate=settings.get("ThrottlingRateLimit"),
            throttle_burst=settings.get("ThrottlingBurstLimit"),
            access_log=next(
                (g.name for g in self._log_groups() if destination and g.arn == destination), ""
            ),
            access_log_format=access.get("Format", ""),
            **{
                "cache": False,
                "kept": (),
                "firewall": "",
                "usage_plans": (),
                "tracing": False,
                **more,
            },
        )

    def _routes(self, body: Properties) -> Iterator[model.Route]:
        schemes = _at(body, "components", "securitySchemes") or body.get("securityDefinitions", {})
        for path, methods in body.get("paths", {}).items():
            for method, operation in methods.items():
                integration = operation.get("x-amazon-apigateway-integration", {})
                if integration.get("type") == "mock":
                    continue
                auth = [
                    _auth(schemes[name])
                    for need in operation.get("security", [])
                    for name in need
                    if name in schemes
                ]
                yield model.Route(
                    method=method.upper(),
                    path=path,
                    auth=next((kind for kind in auth if kind != "none"), "none"),
                    scopes=tuple(
                        scope
                        for need in operation.get("security", [])
                        for name, scopes in need.items()
                        if name in schemes and _auth(schemes[name]) == "jwt"
                        for scope in scopes
                    ),
                    function=self._function(integration.get("uri", ""))[0],
                    timeout=integration.get("timeoutInMillis", 29_000) / 1000,
                    qualified=self._function(integration.get("uri", ""))[1],
                )

    def _usage_plans(self, api: str) -> Iterator[model.UsagePlan]:
        links = [p for _, p in self._of("AWS::ApiGateway::UsagePlanKey")]
        self._read.add("AWS::ApiGateway::ApiKey")
        for name, p in self._of("AWS::ApiGateway::UsagePlan"):
            if any(stage["ApiId"] == api for stage in p.get("ApiStages", [])):
                yield model.UsagePlan(
                    _at(p, "Throttle", "RateLimit"),
                    _at(p, "Throttle", "BurstLimit"),
                    _at(p, "Quota", "Limit"),
                    sum(link["UsagePlanId"] == self._t.name_of(name) for link in links),
                )

    # --- observation ---

    def _alarms(self) -> Iterator[model.Alarm]:
        for name, p in self._of("AWS::CloudWatch::Alarm"):
            metrics = {}
            expression = ""
            if "MetricName" in p:
                metrics["result"] = model.Metric(
                    p["Namespace"],
                    p["MetricName"],
                    {d["Name"]: d["Value"] for d in p.get("Dimensions", [])},
                    p.get("Statistic") or p.get("ExtendedStatistic", ""),
                    int(p["Period"]),
                )
            for query in p.get("Metrics", []):
                if "Expression" in query:
                    expression = query["Expression"]
                    continue
                metric = query["MetricStat"]["Metric"]
                metrics[query["Id"]] = model.Metric(
                    metric["Namespace"],
                    metric["MetricName"],
                    {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])},
                    query["MetricStat"]["Stat"],
                    int(query["MetricStat"]["Period"]),
                )
            yield model.Alarm(
                name=self._t.name_of(name),
                metrics=metrics,
                expression=expression,
                comparison=p["ComparisonOperator"],
                threshold=float(p["Threshold"]),
                periods=int(p["EvaluationPeriods"]),
                missing_data=p.get("TreatMissingData", ""),
                actions=tuple(p.get("AlarmActions", ())) if p.get("ActionsEnabled", True) else (),
                ok_actions=tuple(p.get("OKActions", ())),
            )

    def _log_groups(self) -> Iterator[model.LogGroup]:
        for name, p in self._of("AWS::Logs::LogGroup"):
            # As API Gateway wants it, without the `:*` at its end.
            yield model.LogGroup(
                self._t.name_of(name),
                self._t.arn_of(name),
                p.get("RetentionInDays"),
                p.get("LogGroupClass", "STANDARD"),
                self._key(p.get("KmsKeyId")),
            )

    def _queries(self) -> Iterator[model.Query]:
        for _, p in self._of("AWS::Logs::QueryDefinition"):
            yield model.Query(p["Name"], p["QueryString"], tuple(p.get("LogGroupNames", ())))

    def _dashboards(self) -> Iterator[model.Dashboard]:
        for name, p in self._of("AWS::CloudWatch::Dashboard"):
            widgets = []
            for widget in json.loads(p["DashboardBody"])["widgets"]:
                shown = widget["properties"]
                metrics = []
                for line in shown.get("metrics", []):
                    own = line[-1] if isinstance(line[-1], dict) else {}
                    names = [part for part in line if isinstance(part, str)]
                    metrics.append(
                        model.Metric(
                            names[0],
                            names[1],
                            dict(zip(names[2::2], names[3::2], strict=True)),
                            own.get("stat", shown.get("stat", "")),
                            int(shown.get("period", 0)),
                        )
                    )
                widgets.append(model.Widget(shown.get("title", ""), tuple(metrics)))
            yield model.Dashboard(p.get("DashboardName", name), tuple(widgets))

    def _budgets(self) -> Iterator[model.Budget]:
        for name, p in self._of("AWS::Budgets::Budget"):
            budget = p["Budget"]
            yield model.Budget(
                budget.get("BudgetName", name),
                float(_at(budget, "BudgetLimit", "Amount") or 0),
                {
                    part["Tags"]["Key"]: tuple(part["Tags"]["Values"])
                    for part in _at(budget, "FilterExpression", "And") or []
                },
                {
                    {"ACTUAL": "actual", "FORECASTED": "forecast"}[
                        told["Notification"]["NotificationType"]
                    ]: tuple(subscriber["Address"] for subscriber in told["Subscribers"])
                    for told in p.get("NotificationsWithSubscribers", [])
                },
            )

    def _flags(self) -> model.FlagSet | None:
        kinds = ("Application", "ConfigurationProfile", "HostedConfigurationVersion", "Deployment")
        self._read |= {f"AWS::AppConfig::{kind}" for kind in kinds}
        strategies = dict(self._of("AWS::AppConfig::DeploymentStrategy"))
        for _, environment in self._of("AWS::AppConfig::Environment"):
            (deployment,) = self._t.of_type("AWS::AppConfig::Deployment").values()
            (version,) = self._t.of_type("AWS::AppConfig::HostedConfigurationVersion").values()
            (strategy,) = strategies.values()
            application, profile = environment["ApplicationId"], version["ConfigurationProfileId"]
            stage = deployment["EnvironmentId"]
            where = f"application/{application}/environment/{stage}/configuration/{profile}"
            return model.FlagSet(
                path=f"{application}/{stage}/{profile}",
                arn=f"arn:{PARTITION}:appconfig:{self._t.region}:{ACCOUNT}:{where}",
                flags={
                    n: v["enabled"] for n, v in json.loads(version["Content"])["values"].items()
                },
                rollout_minutes=float(strategy["DeploymentDurationInMinutes"]),
                watched_minutes=float(strategy.get("FinalBakeTimeInMinutes", 0)),
                alarms=tuple(monitor["AlarmArn"] for monitor in environment.get("Monitors", [])),
            )
        return None

    # --- network ---

    def _group(self, reference: str) -> str:
        """A security group's id, whether it was asked for by Ref or by GetAtt."""
        logical_id = reference.removesuffix("#GroupId").rpartition(":")[2]
        return self._t.name_of(logical_id) if reference.endswith("#GroupId") else reference

    def _network(self) -> model.Network | None:
        subnets = self._of("AWS::EC2::Subnet")
        endpoints = self._of("AWS::EC2::VPCEndpoint")
        groups = self._of("AWS::EC2::SecurityGroup")
        loose = self._of("AWS::EC2::SecurityGroupEgress")
        ways = [
            *self._of("AWS::EC2::InternetGateway"),
            *self._of("AWS::EC2::NatGateway"),
            *self._of("AWS::EC2::EgressOnlyInternetGateway"),
        ]
        self._read |= {
            "AWS::EC2::Route",
            "AWS::EC2::RouteTable",
            "AWS::EC2::SecurityGroupIngress",
            "AWS::EC2::SubnetRouteTableAssociation",
            "AWS::EC2::VPC",
        }
        if not subnets:
            return None
        egress = [
            (self._t.name_of(name), rule)
            for name, p in groups
            for rule in p.get("SecurityGroupEgress", [])
        ] + [(self._group(p["GroupId"]), p) for _, p in loose]
        return model.Network(
            tuple(
                model.Subnet(
                    self._t.name_of(name),
                    p.get("AvailabilityZone", ""),
                    p.get("MapPublicIpOnLaunch") is True,
                )
                for name, p in subnets
            ),
            tuple(
                model.Endpoint(
                    p["ServiceName"].rpartition(".")[2],
                    p.get("VpcEndpointType", "Gateway").lower(),
                    tuple(p.get("SecurityGroupIds", ())),
                    tuple(p.get("SubnetIds", ())),
                )
                for _, p in endpoints
            ),
            tuple(
                model.Egress(
                    group,
                    (int(rule.get("FromPort", 0)), int(rule.get("ToPort", 65535))),
                    str(
                        rule.get("CidrIp")
                        or rule.get("CidrIpv6")
                        or rule.get("DestinationPrefixListId")
                        or rule.get("DestinationSecurityGroupId")
                    ),
                )
                for group, rule in egress
            ),
            tuple(name for name, _ in ways),
        )


def _comments(text: str) -> Iterator[tuple[tuple[str, str], str]]:
    """The comments right above the statements of policies, by resource and statement."""
    resource, comment = "", ""
    for line in text.splitlines():
        if match := re.fullmatch(r"  (\w+):", line):
            resource = match[1]
        if match := re.fullmatch(r"\s*# ?(.*)", line):
            comment = f"{comment} {match[1]}".strip()
            continue
        if (match := re.fullmatch(r"\s*- Sid: (\w+)", line)) and comment:
            yield (resource, match[1]), comment
        comment = ""


def _at(node: Any, *path: str) -> Any:
    """What stands at a path of keys, or None."""
    for key in path:
        if not isinstance(node, dict):
            return None
        node = node.get(key)
    return node


def _kept_answers(settings: list[Properties], body: Properties) -> Iterator[model.KeptAnswers]:
    for one in settings:
        if one.get("CachingEnabled") is not True:
            continue
        path = one["ResourcePath"].removeprefix("/").replace("~1", "/") or "/"
        operation = _at(body, "paths", path, one["HttpMethod"].lower()) or {}
        integration = operation.get("x-amazon-apigateway-integration", {})
        yield model.KeptAnswers(
            one["HttpMethod"],
            path,
            int(one.get("CacheTtlInSeconds", 300)),
            one.get("CacheDataEncrypted") is True,
            "ThrottlingRateLimit" in one and "ThrottlingBurstLimit" in one,
            tuple(
                key.removeprefix("method.request.").lower()
                for key in integration.get("cacheKeyParameters", [])
            ),
        )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _several(value: Any) -> tuple[str, ...]:
    """A list, which the translator leaves as text when it is a parameter."""
    return tuple(value.split(",") if isinstance(value, str) else value or ())


def _tags(p: Properties) -> dict[str, str]:
    tags = p.get("Tags", {})
    if isinstance(tags, list):
        tags = {tag["Key"]: tag["Value"] for tag in tags}
    return {key: value for key, value in tags.items() if not key.startswith("lambda:")}


def _principals(principal: Any) -> Iterator[str]:
    if isinstance(principal, str):
        yield principal
        return
    for kind, names in principal.items():
        for name in _listed(names):
            yield name if name == "*" else f"{kind.lower()}:{name}"


def _auth(scheme: Properties) -> str:
    """Which kind of authorization a security scheme of an API description is."""
    kind = scheme.get("x-amazon-apigateway-authtype", "")
    authorizer = scheme.get("x-amazon-apigateway-authorizer", {})
    if kind == "awsSigv4":
        return "iam"
    if authorizer.get("type") in {"jwt", "cognito_user_pools"}:
        return "jwt"
    if authorizer:
        return "authorizer"
    return "api_key" if scheme.get("type") == "apiKey" else "none"


def _cors(cors: Properties) -> model.Cors:
    lowered = {key[0].lower() + key[1:]: value for key, value in cors.items()}
    return model.Cors(
        tuple(lowered.get("allowOrigins", ())), lowered.get("allowCredentials") is True
    )


def _cors_of_preflight(body: Properties) -> model.Cors | None:
    """What a REST API answers to a browser's question, which is a route of its own."""
    for methods in body.get("paths", {}).values():
        options = methods.get("options", {}).get("x-amazon-apigateway-integration")
        if options and options.get("type") == "mock":
            text = json.dumps(options)
            origins = re.findall(r"Allow-Origin\W+'([^']+)'", text)
            origins += re.findall(r'\$origin == \\+"([^"\\]+)', text)
            return model.Cors(tuple(origins), "Allow-Credentials" in text)
    return None
