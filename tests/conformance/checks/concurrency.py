"""C6, C7 and C10: how many at a time, how soon, and how much an API takes."""

import ast
from collections.abc import Iterator

from tests.conformance.files import LIBRARY, Files, workbench
from tests.conformance.model import Api, KeptAnswers, Service
from tests.conformance.project import STAGES, Project
from tests.conformance.registry import breaks, check

# --- C6 ---


@check("C6")
def concurrency_is_reserved_in_numbers_that_agree(project: Project) -> Iterator[str]:
    for stage in STAGES:
        service = project.service(stage, ReserveConcurrency="true")
        for function in service.functions:
            parameter = f"{function.short_name.capitalize()}Concurrency"
            reserved = function.reserved_concurrency
            if reserved is None or str(reserved) != service.settings.get(parameter):
                yield f"{stage}: {function.short_name} has no reserved concurrency to set"
                continue
            sources = [s for s in service.event_sources if s.function == function.arn]
            queues = [s for s in sources if service.queue(s.source)]
            if any(source.maximum_concurrency is None for source in queues):
                yield f"{stage}: a queue may start {function.short_name} without limit"
            if any(s.maximum_concurrency and s.provisioned_pollers for s in queues):
                yield f"{stage}: pollers of {function.short_name} have two limits"
            together = sum(source.maximum_concurrency or 0 for source in queues)
            if together > reserved:
                yield (
                    f"{stage}: {function.short_name} has {reserved} reserved, "
                    f"and its queues start {together}"
                )
    steps = project.files.read(workbench("packaging/check.py"))
    if '"preflight"' not in steps:
        yield "make check does not compare the numbers of concurrency"
    if "refuse_what_aws_would(" not in project.files.read(workbench("operate/deploy.py")):
        yield "make deploy does not compare the numbers of concurrency"


@breaks(concurrency_is_reserved_in_numbers_that_agree, names="api has no reserved concurrency")
def a_function_that_takes_all(files: Files) -> None:
    files.replace(
        "template.yaml",
        "      ReservedConcurrentExecutions: "
        "!If [ReservesConcurrency, !Ref ApiConcurrency, !Ref AWS::NoValue]\n",
        "",
    )


@breaks(
    concurrency_is_reserved_in_numbers_that_agree,
    names="has 10 reserved, and its queues start 50",
    when={"triggers": ["queue"]},
)
def a_queue_that_starts_more_than_is_reserved(files: Files) -> None:
    files.replace(
        "template.yaml", "MaximumConcurrency: !Ref QueueConcurrency", "MaximumConcurrency: 50"
    )


@breaks(
    concurrency_is_reserved_in_numbers_that_agree,
    names="may start queue without limit",
    when={"triggers": ["queue"]},
)
def a_queue_without_limit(files: Files) -> None:
    files.substitute("template.yaml", r"            ScalingConfig:\n.*?\n", "")


@breaks(concurrency_is_reserved_in_numbers_that_agree, names="make check does not compare")
def numbers_that_nobody_compares(files: Files) -> None:
    files.substitute(workbench("packaging/check.py"), r'        "preflight": .*?\n', "")


# --- C7 ---


@check("C7")
def a_function_is_ready_as_soon_as_was_asked(project: Project) -> Iterator[str]:
    service = project.service()
    startup = project.answers["startup"]
    waited_for = _waited_for(service)
    for function in service.functions:
        ready = bool(function.provisioned_concurrency)
        if ready and function.snapstart:
            yield f"{function.short_name} has a snapshot and is kept ready: Lambda allows one"
        if ready != (startup == "provisioned" and function.arn in waited_for):
            yield f"{function.short_name} is {'' if ready else 'not '}kept ready"
        if function.snapstart != (startup == "snapstart"):
            yield f"{function.short_name} has {'a' if function.snapstart else 'no'} snapshot"
        if (ready or function.snapstart) and not function.alias:
            yield f"{function.short_name} has no alias, whose version could be ready"
        if function.snapstart and function.image:
            yield f"{function.short_name} is an image, of which there are no snapshots"
    if startup == "provisioned":
        yield from _follows_the_load(project, service)
    if startup == "snapstart":
        yield from _callers_without_alias(service)
    yield from _shared_by_copies(project)


def _waited_for(service: Service) -> set[str]:
    """Functions that a caller of an API waits for; without an API, all of them."""
    behind = {route.function for api in service.apis for route in api.routes}
    behind |= {f.arn for f in service.functions if f.short_name == "authorizer"}
    return behind if service.apis else {f.arn for f in service.functions}


def _follows_the_load(project: Project, service: Service) -> Iterator[str]:
    ready = [f for f in service.functions if f.provisioned_concurrency]
    if project.service("dev").settings == service.settings:
        yield "every stage keeps the same number ready"
    most = {f"{f.short_name.capitalize()}ProvisionedMost": "9" for f in ready}
    scaled = {s.function: s for s in project.service("prod", **most).autoscaling}
    for function in ready:
        scaling = scaled.get(function.arn)
        if scaling is None or (scaling.least, scaling.most) != (
            function.provisioned_concurrency,
            9,
        ):
            yield f"the number of {function.short_name} cannot follow the load"
        elif not scaling.utilization or not 0 < scaling.utilization < 1:
            yield f"nothing says how busy {function.short_name} may be"
    if service.autoscaling:
        yield "the number follows the load without having been told to"


def _callers_without_alias(service: Service) -> Iterator[str]:
    callers = [
        *((source.source, source.qualified) for source in service.event_sources),
        *((rule.name, t.qualified) for rule in service.rules for t in rule.targets),
        *((schedule.name, schedule.target.qualified) for schedule in service.schedules),
        *((r.path, r.qualified) for api in service.apis for r in api.routes),
    ]
    for name, qualified in callers:
        if not qualified:
            yield f"{name} starts the newest code, of which there is no snapshot"


def _shared_by_copies(project: Project) -> Iterator[str]:
    """What every copy of a snapshot would begin with; harmless without snapshots."""
    code = project.files.names(f"{project.package}/**/*.py") + project.files.names(LIBRARY)
    for name in code:
        for node in ast.walk(project.module(name)):
            modules: list[str] = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules = [node.module]
            if "random" in modules:
                yield f"{name} draws numbers that every copy of a snapshot would draw again"
    for name, dropped in (("aws.py", "self.forget"), ("parameters.py", "self._kept.forget")):
        path = project.files.library(name)
        if f"before_snapshot({dropped})" not in project.files.read(path):
            yield f"{name} takes what it holds into a snapshot"


@breaks(
    a_function_is_ready_as_soon_as_was_asked,
    names="api is not kept ready",
    when={"startup": ["provisioned"], "triggers": ["api"]},
)
def nothing_kept_ready(files: Files) -> None:
    files.replace("samconfig.toml", '"ApiProvisioned=2"', '"ApiProvisioned=0"')


@breaks(
    a_function_is_ready_as_soon_as_was_asked,
    names="cannot follow the load",
    when={"startup": ["provisioned"], "triggers": ["api"]},
)
def a_number_that_stays(files: Files) -> None:
    files.replace("template.yaml", "MaxCapacity: !Ref ApiProvisionedMost", "MaxCapacity: 2")


@breaks(
    a_function_is_ready_as_soon_as_was_asked,
    names="a snapshot and is kept ready",
    when={"startup": ["provisioned"]},
)
def both_at_once(files: Files) -> None:
    files.replace(
        "template.yaml",
        "    AutoPublishAlias: live\n",
        "    AutoPublishAlias: live\n    SnapStart:\n      ApplyOn: PublishedVersions\n",
    )


@breaks(
    a_function_is_ready_as_soon_as_was_asked,
    names="has no snapshot",
    when={"startup": ["snapstart"]},
)
def no_snapshot(files: Files) -> None:
    files.replace("template.yaml", "ApplyOn: PublishedVersions", "ApplyOn: None")


@breaks(a_function_is_ready_as_soon_as_was_asked, names="draws numbers that every copy")
def the_same_numbers_in_every_copy(files: Files) -> None:
    log = files.library("log.py")
    files.replace(log, "import logging\n", "import logging\nimport random\n", 1)


@breaks(a_function_is_ready_as_soon_as_was_asked, names="takes what it holds into a snapshot")
def connections_in_a_snapshot(files: Files) -> None:
    client = files.library("aws.py")
    files.replace(client, "        before_snapshot(self.forget)\n", "")


# --- C10 ---


@check("C10")
def an_api_takes_what_it_can(project: Project) -> Iterator[str]:
    for stage in STAGES:
        service = project.service(stage, **({"ApiRateLimit": "7"} if stage == "dev" else {}))
        for api in service.apis:
            if not api.throttle_rate or not api.throttle_burst:
                yield f"{stage}: nothing limits the requests to {api.name}"
            elif stage == "dev" and api.throttle_rate != 7:
                yield "a stage cannot set its own limit of requests"
            yield from _keys_have_limits(project, api)
            yield from _kept_answers(project, stage, service, api)


def _keys_have_limits(project: Project, api: Api) -> Iterator[str]:
    if project.answers["api_auth"] != "api_key":
        return
    plans = [plan for plan in api.usage_plans if plan.keys]
    if not plans:
        yield f"the API keys of {api.name} belong to no usage plan"
    for plan in plans:
        if not (plan.rate and plan.burst and plan.quota):
            yield f"an API key of {api.name} has no rate, burst or quota of its own"


def _kept_answers(project: Project, stage: str, service: Service, api: Api) -> Iterator[str]:
    if not project.answers.get("api_cache"):
        if api.cache or api.kept:
            yield f"{api.name} keeps answers, though nobody asked for it"
        return
    if int(service.settings["ApiCacheSeconds"]) == 0:
        if api.cache or api.kept:
            yield f"{stage}: answers are kept for no time at all"
        return
    if not api.cache or not api.kept:
        yield f"{stage}: no answers are kept"
    asks = {(route.method, route.path): route.auth for route in api.routes}
    for kept in api.kept:
        route = f"{kept.method} {kept.path}"
        if asks[kept.method, kept.path] != "none":
            yield f"{stage}: answers to {route} may be one caller's, and are kept for all of them"
        for key in kept.keys:
            if key.startswith("header."):
                yield f"{stage}: answers to {route} are told apart by {key}, in one spelling only"
        if kept.method != "GET":
            yield f"{stage}: what {route} does would be done once and told to everybody"
        if not kept.encrypted:
            yield f"{stage}: answers to {route} are kept in plain text"
        if not kept.throttled:
            yield f"{stage}: nothing limits the requests to {route}"
        if str(kept.seconds) != service.settings["ApiCacheSeconds"]:
            yield f"{stage}: answers to {route} are kept for another time than ApiCacheSeconds"
        for part in sorted(_depends_on(project, kept) - set(kept.keys)):
            yield f"{stage}: answers to {route} depend on {part}, by which they are not told apart"


def _depends_on(project: Project, kept: KeptAnswers) -> set[str]:
    """What an answer depends on: all that the code reads of the request."""
    parts = kept.path.strip("/").split("/")
    found = {f"path.{part.strip('{}+')}" for part in parts if part.startswith("{")}
    return found | {f"querystring.{name}" for name in _query_of(project, kept)}


def _query_of(project: Project, kept: KeptAnswers) -> set[str]:
    """The fields of the query that the handler of a route accepts."""
    module = project.module(f"{project.package}/handlers/api.py")
    fields = {
        node.name: {
            line.target.id
            for line in node.body
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
        }
        for node in module.body
        if isinstance(node, ast.ClassDef)
    }
    route = f"api.{kept.method.lower()}('{kept.path}'"
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and any(
            ast.unparse(decorator).startswith(route) for decorator in node.decorator_list
        ):
            kinds = [ast.unparse(given.annotation) for given in node.args.args if given.annotation]
            return set().union(*(fields.get(kind, set()) for kind in kinds))
    return set()


@breaks(an_api_takes_what_it_can, names="nothing limits the requests")
def an_api_without_limits(files: Files) -> None:
    files.substitute("template.yaml", r" +Throttling(Rate|Burst)Limit: !Ref \w+\n", "", 99)


@breaks(an_api_takes_what_it_can, names="a stage cannot set its own limit")
def a_limit_for_all_stages(files: Files) -> None:
    files.replace(
        "template.yaml", "ThrottlingRateLimit: !Ref ApiRateLimit", "ThrottlingRateLimit: 100"
    )


@breaks(an_api_takes_what_it_can, names="no rate, burst or quota", when={"api_auth": ["api_key"]})
def a_key_for_everything(files: Files) -> None:
    files.substitute("template.yaml", r"      Quota:\n.*?DAY\n", "")


@breaks(an_api_takes_what_it_can, names="may be one caller's", when={"api_cache": [True]})
def one_callers_answer_for_another(files: Files) -> None:
    files.replace(
        "template.yaml",
        "      TracingEnabled: true\n      CacheCluster",
        "      TracingEnabled: true\n      Auth:\n        DefaultAuthorizer: AWS_IAM\n"
        "      CacheCluster",
    )


@breaks(an_api_takes_what_it_can, names="in one spelling only", when={"api_cache": [True]})
def a_header_in_the_key(files: Files) -> None:
    files.replace(
        "template.yaml",
        "              - method.request.querystring.cursor: {Required: false, Caching: true}\n",
        "              - method.request.querystring.cursor: {Required: false, Caching: true}\n"
        "              - method.request.header.Authorization: {Required: false, Caching: true}\n",
    )


@breaks(an_api_takes_what_it_can, names="depend on querystring.cursor", when={"api_cache": [True]})
def the_first_page_for_every_page(files: Files) -> None:
    files.replace("template.yaml", "cursor: {Required: false, Caching: true}", "cursor: {}")


@breaks(an_api_takes_what_it_can, names="depend on querystring.status", when={"api_cache": [True]})
def a_query_that_grew(files: Files) -> None:
    handler = files.names("src/*/handlers/api.py")[0]
    files.replace(handler, '    cursor: str = ""\n', '    cursor: str = ""\n    status: str = ""\n')


@breaks(an_api_takes_what_it_can, names="kept in plain text", when={"api_cache": [True]})
def answers_in_plain_text(files: Files) -> None:
    files.replace("template.yaml", "CacheDataEncrypted: true", "CacheDataEncrypted: false", 1)


@breaks(an_api_takes_what_it_can, names="would be done once", when={"api_cache": [True]})
def a_post_that_is_kept(files: Files) -> None:
    files.substitute(
        "template.yaml", r"(ResourcePath: /~1orders\n          HttpMethod: )GET", r"\1POST"
    )
