"""What AWS Lambda Power Tuning is given for a function: its input, and the stack that runs it.

The payload is the sample event of the function's trigger. A service that does everything once would
answer the second of two equal events from memory, and that would be measured. So the ids in the
sample are replaced by a mark, and a small function of the stack puts a new id there before each
invocation.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lambda_workbench.errors import ToolError
from lambda_workbench.packaging.functions import Function
from lambda_workbench.project import ROOT, project

APPLICATION = "arn:aws:serverlessrepo:us-east-1:451282441545:applications/aws-lambda-power-tuning"
VERSION = "4.4.0"
MARK = "00000000-0000-4000-8000-00000000f5e5"
# What the state machine lets one memory size take, in seconds: the most it allows.
LONGEST = 900
_IDS = {"idempotency-key", "messageid", "eventid", "id", "etag", "sequencer"}

RENEW = f'''\
import base64
import uuid

MARK = "{MARK}"


def handler(event, context):
    return renew(event, str(uuid.uuid4()))


def renew(node, fresh):
    if isinstance(node, dict):
        renewed = {{key: renew(value, fresh) for key, value in node.items()}}
        if "partitionKey" in renewed and isinstance(renewed.get("data"), str):
            data = base64.b64decode(renewed["data"]).decode().replace(MARK, fresh)
            renewed["data"] = base64.b64encode(data.encode()).decode()
        return renewed
    if isinstance(node, list):
        return [renew(item, fresh) for item in node]
    return node.replace(MARK, fresh) if isinstance(node, str) else node
'''


def stack_template() -> dict[str, Any]:
    """The stack: the published application, allowed to touch this service's functions only."""
    account = "${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}"
    own = f"arn:{account}:function:{project().slug}-*"
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Description": f"Measures the functions of {project().slug} with different memory sizes",
        "Resources": {
            "PowerTuning": {
                "Type": "AWS::Serverless::Application",
                "Properties": {
                    "Location": {"ApplicationId": APPLICATION, "SemanticVersion": VERSION},
                    "Parameters": {
                        "lambdaResource": {"Fn::Sub": own},
                        "totalExecutionTimeout": str(LONGEST),
                    },
                },
            },
            "Renew": {
                "Type": "AWS::Serverless::Function",
                "Properties": {
                    "FunctionName": f"{project().slug}-power-tuning-renew",
                    "Description": "Gives a sample event new ids",
                    "Runtime": f"python{project().python}",
                    "Handler": "index.handler",
                    "InlineCode": RENEW,
                    "Timeout": 10,
                },
            },
        },
        "Outputs": {
            "StateMachine": {"Value": {"Fn::GetAtt": ["PowerTuning", "Outputs.StateMachineARN"]}},
            "Renew": {"Value": {"Fn::GetAtt": ["Renew", "Arn"]}},
        },
    }


def execution_input(
    function: Function,
    arn: str,
    payload: Any,
    *,
    sizes: Sequence[int],
    times: int,
    strategy: str,
    renew: str = "",
) -> dict[str, Any]:
    """The input of one execution; `renew` is the ARN of the function that puts new ids in."""
    given: dict[str, Any] = {
        "lambdaARN": arn,
        "powerValues": list(sizes),
        "num": times,
        "payload": payload,
        "strategy": strategy,
        # One after the other, unless that could take longer than is allowed.
        "parallelInvocation": times * function.timeout > LONGEST,
        "includeOutputResults": True,
        "disablePayloadLogs": True,
    }
    if renew:
        given["preProcessorARN"] = renew
    return given


def sample_payload(name: str) -> Any:
    """The sample event that stands for what a function gets, with marks for ids."""
    path = ROOT / "events" / f"{name}.json"
    if not path.exists() and name == "authorizer":
        return _authorizer_event()
    if not path.exists():
        raise ToolError(f"{_shown(path)} is missing: put a sample event of {name} there")
    return marked(json.loads(path.read_text(encoding="utf-8")))


def marked(node: Any, key: str = "") -> Any:
    """An event with the mark in place of every id, in JSON within texts too."""
    if isinstance(node, dict):
        return {name: marked(value, _name(name, key)) for name, value in node.items()}
    if isinstance(node, list):
        return [marked(item, key) for item in node]
    if not isinstance(node, str):
        return node
    if key.endswith("_id") or key in _IDS:
        return MARK
    return _marked_text(node)


def _marked_text(text: str) -> str:
    """A text that holds JSON, as it is or in base64, with marks in it."""
    if text.startswith(("{", "[")):
        try:
            return json.dumps(marked(json.loads(text)))
        except ValueError:
            return text
    if text.startswith("eyJ"):  # the beginning of an object in base64
        try:
            decoded = base64.b64decode(text, validate=True).decode()
            return base64.b64encode(json.dumps(marked(json.loads(decoded))).encode()).decode()
        except (ValueError, binascii.Error):
            return text
    return text


def _name(name: str, parent: str) -> str:
    """DynamoDB writes a value as {"S": ...}: its name is that of what it is the value of."""
    return parent if name in {"S", "N"} else name.lower()


def _authorizer_event() -> Any:
    """A request with a token, made from the sample request of the API."""
    event = sample_payload("api")
    token = f"Bearer power-tuning.4102444800.{'0' * 64}"
    event["headers"] = {**event["headers"], "authorization": token}
    arn = f"arn:aws:execute-api:{project().region}:123456789012:a1b2c3d4e5/dev/GET/orders"
    key = "routeArn" if event.get("version") == "2.0" else "methodArn"
    return {**event, "type": "REQUEST", key: arn, "identitySource": [token]}


def _shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
