"""`make tune`: the input for AWS Lambda Power Tuning, and the way there and back."""

import json
from typing import Any

import jsonschema
import pytest

from tests.operations.conftest import Running, Tools
from tests.support import TRIGGERS

FUNCTIONS = sorted([*TRIGGERS, "authorizer"])
MARK = "00000000-0000-4000-8000-00000000f5e5"
# The input as the tool's documentation describes it (README-EXECUTE.md of version 4.4.0), with
# nothing in it that is not described there.
SCHEMA = {
    "type": "object",
    "required": ["lambdaARN", "num"],
    "additionalProperties": False,
    "properties": {
        "lambdaARN": {
            "type": "string",
            "pattern": r"^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+$",
        },
        "num": {"type": "integer", "minimum": 5},
        "powerValues": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "integer", "minimum": 128, "maximum": 10240},
        },
        "payload": {"type": ["string", "object", "array"]},
        "parallelInvocation": {"type": "boolean"},
        "strategy": {"enum": ["cost", "speed", "balanced"]},
        "balancedWeight": {"type": "number", "minimum": 0, "maximum": 1},
        "preProcessorARN": {"type": "string"},
        "includeOutputResults": {"type": "boolean"},
        "disablePayloadLogs": {"type": "boolean"},
    },
}
STATS = [
    {"value": 128, "averagePrice": 0.0000009, "averageDuration": 40.0},
    {"value": 256, "averagePrice": 0.0000008, "averageDuration": 20.0},
    {"value": 512, "averagePrice": 0.0000011, "averageDuration": 15.5},
]


def test_the_input_for_every_function_is_as_the_tool_describes_it(project: Tools) -> None:
    done = project.run("tune", "dev", "--input-only")
    assert not done.failure, done.failure
    made = [json.loads((project.project / line).read_text()) for line in done.output.split()]
    for one in made:
        jsonschema.validate(one, SCHEMA)
    named = {one["lambdaARN"].split(":function:")[1] for one in made}
    assert named == {f"shop-dev-{name}" for name in FUNCTIONS}


# Gives each function its sample with new ids, twice, as the state machine would.
INVOKE = f"""\
import json
from lambda_workbench.operate.asking import service_of
from lambda_workbench.operate.service import ALIAS
from lambda_workbench.operate.tuning_input import RENEW, sample_payload

renew = {{}}
exec(RENEW, renew)
service = service_of("local", "tune")
for name in service.functions():
    if name == "storage":
        continue
    events = [renew["handler"](sample_payload(name), None) for _ in range(2)]
    assert events[0] != events[1], name
    assert "{MARK}" not in json.dumps(events), name
    for event in events:
        answer = service.client("lambda").invoke(
            FunctionName=service.function(name), Qualifier=ALIAS, Payload=json.dumps(event).encode()
        )
        print(name, answer.get("FunctionError"), answer["Payload"].read().decode())
"""


def test_every_sample_with_new_ids_is_new_work_for_its_function(running: Running) -> None:
    script = running.project / "try_samples.py"
    script.write_text(INVOKE)

    done = running.run("try_samples")

    assert not done.failure, done.failure
    answers: dict[str, list[str]] = {}
    for line in done.output.splitlines():
        name, error, answer = line.split(" ", 2)
        assert error == "None", line
        answers.setdefault(name, []).append(answer)
    assert set(answers) == set(FUNCTIONS) - {"storage"}
    for answer in answers["queue"] + answers["stream"]:
        assert json.loads(answer) == {"batchItemFailures": []}
    placed = [json.loads(json.loads(answer)["body"])["order_id"] for answer in answers["api"]]
    assert len(set(placed)) == 2


@pytest.fixture(scope="module")
def stand_in(running: Running) -> str:
    """A state machine that invokes the function once, and answers like the real one."""
    result = {"results": {"power": 256, "cost": 0.0000008, "duration": 20.0, "stats": STATS}}
    machine: dict[str, Any] = {
        "StartAt": "Invoke",
        "States": {
            "Invoke": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName.$": "$.lambdaARN", "Payload.$": "$.payload"},
                "Next": "Answer",
            },
            "Answer": {"Type": "Pass", "Result": result, "End": True},
        },
    }
    trust: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    trust |= {"Principal": {"Service": "states.amazonaws.com"}}
    allowed = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
    iam = running.client("iam")
    role = iam.create_role(
        RoleName="stand-in",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]
    iam.put_role_policy(
        RoleName="stand-in",
        PolicyName="Invoke",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
    )
    running.client("stepfunctions").create_state_machine(
        name="stand-in", definition=json.dumps(machine), roleArn=role
    )
    return "stand-in"


def test_one_command_runs_it_and_says_which_parameter_to_set(
    running: Running, stand_in: str
) -> None:
    stage = ["local", "--state-machine", stand_in, "--yes"]

    done = running.run("tune", *stage, "--function", "storage")

    assert not done.failure, done.failure
    lines = {
        line.split(" MB")[0].strip(): line for line in done.output.splitlines() if " MB" in line
    }
    assert set(lines) == {"128", "256", "512"}
    assert "20.0 ms" in lines["256"]
    assert "0.80 $" in lines["256"]
    assert lines["256"].endswith("best")
    assert lines["512"].endswith("now")
    assert "StorageMemory=256 under [local.deploy.parameters]" in done.output
    left = running.client("s3").list_objects_v2(Bucket="shop-local-000000000000")
    assert not [one for one in left.get("Contents", []) if "sample-" in one["Key"]]


def test_it_asks_first_and_never_touches_production(running: Running, stand_in: str) -> None:
    asked = running.run("tune", "local", "--function", "queue", "--state-machine", stand_in)
    assert asked.code == 1
    assert "100 times, for real" in asked.output

    refused = running.run("tune", "prod", "--function", "queue", "--yes")
    assert refused.code == 1
    assert "not in prod" in refused.output


def test_the_stack_may_touch_this_service_only(project: Tools) -> None:
    script = project.project / "try_stack.py"
    script.write_text(
        "import json\nfrom lambda_workbench.operate.tuning_input import stack_template\n"
        "print(json.dumps(stack_template()))\n"
    )
    done = project.run("try_stack")
    template = json.loads(done.output)
    resources = template["Resources"]
    given = resources["PowerTuning"]["Properties"]["Parameters"]
    assert given["lambdaResource"]["Fn::Sub"].endswith(":function:shop-*")
    assert set(template["Outputs"]) == {"StateMachine", "Renew"}
    (project.project / "stack.json").write_text(done.output)
    lint = project.run_tool("cfn-lint", "stack.json")
    assert not lint.failure, lint.failure
