"""A service as any infrastructure tool may describe it, for one stage.

Nothing in here belongs to one tool: a reader such as sam.py fills it, and checks read it. Resources
are told apart by their ARN, made up where it is only known after deploying. Durations are in
seconds unless the name says otherwise. An empty string or None means that nothing is set.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Statement:
    """One statement of a policy. Principals read `service:sns.amazonaws.com`, `aws:…` or `*`."""

    sid: str
    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    reason: str = ""
    """The comment above it in the source."""

    def condition(self, operator: str, key: str) -> tuple[str, ...]:
        """The values that a condition compares a key with; keys are compared regardless of case."""
        found = self.conditions.get(operator, {})
        return next((v for k, v in found.items() if k.lower() == key.lower()), ())


@dataclass(frozen=True)
class Role:
    name: str
    arn: str
    trust: tuple[Statement, ...]
    statements: tuple[Statement, ...]
    managed_policies: tuple[str, ...] = ()
    path: str = "/"
    boundary: str = ""
    """The ARN of the policy that bounds it."""


@dataclass(frozen=True)
class Setting:
    """A number somebody chose, and the reason written beside it."""

    value: float
    reason: str = ""
    parameter: str = ""
    """What a stage calls it to give it another value; empty when it cannot."""


@dataclass(frozen=True)
class Shifting:
    """How an alias moves to a new version."""

    kind: str
    """`all_at_once`, `canary` or `linear`."""
    alarms: tuple[str, ...]
    """Names of the alarms that take it back."""
    rolls_back: bool


@dataclass(frozen=True)
class AsyncInvocation:
    retries: int | None = None
    max_age: int | None = None
    on_failure: str = ""


@dataclass(frozen=True)
class Function:
    name: str
    arn: str
    short_name: str
    """As in `api`."""
    handler: str
    role: str
    """The ARN of its role."""
    runtime: str
    architecture: str
    memory: Setting | None
    timeout: Setting | None
    environment: Mapping[str, str]
    log_group: str
    """The name of its log group."""
    log_format: str
    log_level: str
    system_log_level: str
    tracing: str
    """`Active`, or what else is set."""
    recursive_loop: str
    reserved_concurrency: int | None
    provisioned_concurrency: int | None
    snapstart: bool
    alias: str
    """The name that callers use; empty when they use the newest code."""
    version: str
    """The version that the alias moves to."""
    shifting: Shifting | None
    asynchronous: AsyncInvocation | None
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    layers: tuple[str, ...]
    key: str
    image: bool
    tags: Mapping[str, str]


@dataclass(frozen=True)
class EventSource:
    """A queue or stream that Lambda polls for a function."""

    id: str
    function: str
    """The ARN of the function, its alias left out; `qualified` says whether there was one."""
    qualified: bool
    source: str
    batch_size: int
    partial_failures: bool
    maximum_concurrency: int | None
    provisioned_pollers: bool
    bisects: bool
    retries: int | None
    max_age: int | None
    parallelization: int | None
    on_failure: str
    metrics: tuple[str, ...]
    """Groups of metrics about itself that it publishes."""
    filters: tuple[Any, ...]
    key: str


@dataclass(frozen=True)
class Target:
    """What a rule or a schedule starts."""

    arn: str
    function: str
    qualified: bool
    retries: int | None
    max_age: int | None
    dead_letters: str


@dataclass(frozen=True)
class Rule:
    name: str
    arn: str
    pattern: Any
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Schedule:
    name: str
    arn: str
    group: str
    """The group by which metrics tell schedules apart."""
    expression: str
    enabled: bool
    target: Target
    role: str


@dataclass(frozen=True)
class Subscription:
    topic: str
    protocol: str
    endpoint: str
    function: str
    dead_letters: str


@dataclass(frozen=True)
class Notification:
    """What a bucket announces to a function."""

    function: str
    events: str
    filters: Mapping[str, str]


@dataclass(frozen=True)
class Permission:
    """Leave for a service to call a function."""

    function: str
    principal: str
    source: str
    source_account: str


@dataclass(frozen=True)
class Queue:
    name: str
    arn: str
    url: str
    fifo: bool
    visibility: int
    retention: int
    dead_letters: str
    max_receives: int | None
    redrive_from: tuple[str, ...]
    encrypted: bool
    key: str
    policy: tuple[Statement, ...]


@dataclass(frozen=True)
class Stream:
    name: str
    arn: str
    encrypted: bool
    key: str


@dataclass(frozen=True)
class Table:
    name: str
    arn: str
    stream: str
    """The ARN of its stream of changes, empty without one."""
    point_in_time_recovery: bool
    deletion_protection: bool
    kept: bool
    """Whether it outlives the stack and its own replacement."""
    time_to_live: str
    encrypted: bool
    key: str


@dataclass(frozen=True)
class Bucket:
    name: str
    arn: str
    private: bool
    versioned: bool
    kept: bool
    encrypted: bool
    key: str
    notifications: tuple[Notification, ...]
    expires_after_days: int | None
    """When objects go by themselves, whatever their names."""
    policy: tuple[Statement, ...]


@dataclass(frozen=True)
class Topic:
    name: str
    arn: str
    key: str
    policy: tuple[Statement, ...]


@dataclass(frozen=True)
class Key:
    arn: str
    alias: str
    rotates: bool
    policy: tuple[Statement, ...]
    kept: bool
    """Whether it outlives the stack."""


@dataclass(frozen=True)
class Secret:
    arn: str
    generated: bool
    key: str


@dataclass(frozen=True)
class Parameter:
    name: str
    value: str


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    auth: str
    """`none`, `iam`, `jwt`, `authorizer` or `api_key`."""
    scopes: tuple[str, ...]
    """Of which a token must have one."""
    function: str
    timeout: float
    qualified: bool
    """Whether it calls an alias of the function."""


@dataclass(frozen=True)
class KeptAnswers:
    """Answers of one route that the gateway keeps for a while."""

    method: str
    path: str
    seconds: int
    encrypted: bool
    throttled: bool
    keys: tuple[str, ...]
    """What they are found again by, as in `path.id`, `querystring.cursor` or `header.origin`."""


@dataclass(frozen=True)
class Cors:
    origins: tuple[str, ...]
    credentials: bool


@dataclass(frozen=True)
class UsagePlan:
    rate: float | None
    burst: int | None
    quota: int | None
    keys: int
    """How many API keys it has."""


@dataclass(frozen=True)
class Api:
    name: str
    arn: str
    kind: str
    """`http` or `rest`."""
    identity: str
    """What metrics call it: the id of an HTTP API, the name of a REST API."""
    routes: tuple[Route, ...]
    throttle_rate: float | None
    throttle_burst: int | None
    access_log: str
    """The name of the log group."""
    access_log_format: str
    cors: Cors | None
    cache: bool
    """Whether there is room to keep answers in."""
    kept: tuple[KeptAnswers, ...]
    firewall: str
    usage_plans: tuple[UsagePlan, ...]
    tracing: bool
    detailed_metrics: bool


@dataclass(frozen=True)
class Metric:
    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    period: int


@dataclass(frozen=True)
class Alarm:
    name: str
    metrics: Mapping[str, Metric]
    """By the name that the expression uses; `result` when there is no expression."""
    expression: str
    comparison: str
    threshold: float
    periods: int
    missing_data: str
    actions: tuple[str, ...]
    ok_actions: tuple[str, ...]


@dataclass(frozen=True)
class LogGroup:
    name: str
    arn: str
    retention_days: int | None
    kind: str
    """Its class: `STANDARD`, `INFREQUENT_ACCESS` …"""
    key: str


@dataclass(frozen=True)
class Query:
    name: str
    text: str
    log_groups: tuple[str, ...]


@dataclass(frozen=True)
class Widget:
    title: str
    metrics: tuple[Metric, ...]


@dataclass(frozen=True)
class Dashboard:
    name: str
    widgets: tuple[Widget, ...]


@dataclass(frozen=True)
class Endpoint:
    service: str
    """As in `sqs`."""
    kind: str
    """`gateway` or `interface`."""
    security_groups: tuple[str, ...]
    subnets: tuple[str, ...]


@dataclass(frozen=True)
class Egress:
    security_group: str
    ports: tuple[int, int]
    to: str
    """A CIDR, a prefix list or another group."""


@dataclass(frozen=True)
class Subnet:
    id: str
    zone: str
    public: bool


@dataclass(frozen=True)
class Network:
    """The private network that the service makes itself."""

    subnets: tuple[Subnet, ...]
    endpoints: tuple[Endpoint, ...]
    egress: tuple[Egress, ...]
    internet: tuple[str, ...]
    """Its ways to the internet: gateways and address translation."""


@dataclass(frozen=True)
class Budget:
    name: str
    amount: float
    tags: Mapping[str, tuple[str, ...]]
    """Whose cost it adds up: resources with one of the values for each of these tags."""
    subscribers: Mapping[str, tuple[str, ...]]
    """Who is told, by `actual` and `forecast`."""


@dataclass(frozen=True)
class Autoscaling:
    """Provisioned concurrency that follows the load."""

    function: str
    least: int
    most: int
    utilization: float | None


@dataclass(frozen=True)
class Account:
    """What the account of a stage needs before the pipeline can deploy there."""

    role: Role
    """The one that the pipeline takes; its statements are those of all its policies."""
    service_role: Role
    """The one that the stack is changed with, whoever asks."""
    boundary: str
    """The ARN of the policy that the roles of the stack are to be bounded by."""
    identities: tuple[str, ...]
    """Issuers that the account trusts by this."""


@dataclass(frozen=True)
class FlagSet:
    """Feature flags, and how a change of them reaches the functions."""

    path: str
    """As functions are told: application/environment/profile."""
    arn: str
    """What reading them needs a permission for."""
    flags: Mapping[str, bool]
    """Whether each is on at first."""
    rollout_minutes: float
    watched_minutes: float
    """For how long alarms may take a change back once it has reached everybody."""
    alarms: tuple[str, ...]
    """The ARNs of these alarms."""


@dataclass(frozen=True)
class Service:
    name: str
    stage: str
    tags: Mapping[str, str]
    settings: Mapping[str, str]
    """What the stage gives to the infrastructure, by parameter, defaults included."""
    given: Mapping[str, str]
    """The part of it that the stage's own settings name."""
    functions: tuple[Function, ...]
    roles: tuple[Role, ...]
    event_sources: tuple[EventSource, ...]
    rules: tuple[Rule, ...]
    schedules: tuple[Schedule, ...]
    subscriptions: tuple[Subscription, ...]
    permissions: tuple[Permission, ...]
    queues: tuple[Queue, ...]
    streams: tuple[Stream, ...]
    tables: tuple[Table, ...]
    buckets: tuple[Bucket, ...]
    topics: tuple[Topic, ...]
    keys: tuple[Key, ...]
    secrets: tuple[Secret, ...]
    parameters: tuple[Parameter, ...]
    apis: tuple[Api, ...]
    alarms: tuple[Alarm, ...]
    log_groups: tuple[LogGroup, ...]
    queries: tuple[Query, ...]
    dashboards: tuple[Dashboard, ...]
    network: Network | None
    budgets: tuple[Budget, ...]
    autoscaling: tuple[Autoscaling, ...]
    flags: FlagSet | None
    others: Mapping[str, int]
    """How many there are of each kind that has no place above, under the tool's name for it."""

    def function(self, short_name: str) -> Function:
        """The function of a trigger, as in `api`."""
        return next(f for f in self.functions if f.short_name == short_name)

    def role_of(self, function: Function) -> Role | None:
        return next((role for role in self.roles if role.arn == function.role), None)

    def policies(self) -> Iterator[tuple[str, Statement]]:
        """Every statement of every role, with the role's name."""
        for role in self.roles:
            for statement in role.statements:
                yield role.name, statement

    def queue(self, arn: str) -> Queue | None:
        return next((queue for queue in self.queues if queue.arn == arn), None)

    def bucket(self, arn: str) -> Bucket | None:
        return next((bucket for bucket in self.buckets if bucket.arn == arn), None)

    def rollback_alarms(self) -> set[str]:
        """Names of the alarms that take a version back."""
        return {name for f in self.functions if f.shifting for name in f.shifting.alarms}

    def failure_stores(self) -> set[str]:
        """ARNs of the queues and buckets that take what failed."""
        arns = {queue.dead_letters for queue in self.queues}
        arns |= {source.on_failure for source in self.event_sources}
        arns |= {f.asynchronous.on_failure for f in self.functions if f.asynchronous}
        arns |= {target.dead_letters for rule in self.rules for target in rule.targets}
        arns |= {schedule.target.dead_letters for schedule in self.schedules}
        arns |= {subscription.dead_letters for subscription in self.subscriptions}
        return arns - {""}
