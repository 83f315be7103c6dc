"""template.yaml edited in place, although there is a file beside it for that; stage settings."""

import tomllib
from pathlib import Path
from typing import Any

from . import append, edit, override, read_yaml, replace, substitute

ALARM = """\
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: order-service
      MetricName: Returns
      Statistic: Sum
      Period: 300
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanThreshold
"""


def _overridden(project: Path) -> dict[str, Any]:
    """What the team's own file says about resources, each once."""
    resources: dict[str, Any] = read_yaml(project, "template.override.yaml")["Resources"]
    return resources


@edit
def size_of_functions_per_stage(project: Path) -> None:
    """More memory, time and room in production."""
    substitute(
        project,
        "samconfig.toml",
        r'^    "Stage=prod",\n',
        '    "Stage=prod",\n    "QueueMemory=1024",\n    "QueueTimeout=60",\n'
        '    "QueueConcurrency=50",\n',
    )


@size_of_functions_per_stage.survives
def _(project: Path) -> bool:
    settings = tomllib.loads((project / "samconfig.toml").read_text(encoding="utf-8"))
    given = settings["prod"]["deploy"]["parameters"]["parameter_overrides"]
    return {"QueueMemory=1024", "QueueTimeout=60", "QueueConcurrency=50"} <= set(given)


@edit
def own_table(project: Path) -> None:
    """Beside the template's."""
    override(
        project,
        """\
  CarriersTable:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: carrier_id, AttributeType: S}]
      KeySchema: [{AttributeName: carrier_id, KeyType: HASH}]
""",
    )


@own_table.survives
def _(project: Path) -> bool:
    return "CarriersTable" in _overridden(project)


@edit
def own_permission(project: Path) -> None:
    """One more policy of a role of the template's."""
    override(
        project,
        """\
  ApiRole:
    Properties:
      Policies:
        - PolicyName: Carriers
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: dynamodb:GetItem
                Resource: !GetAtt OrdersTable.Arn
""",
    )


@own_permission.survives
def _(project: Path) -> bool:
    return "Carriers" in str(_overridden(project)["ApiRole"])


@edit
def own_variable_of_a_function(project: Path) -> None:
    """In the file that is there for it."""
    override(
        project,
        """\
  ApiFunction:
    Properties:
      Environment:
        Variables:
          CARRIER_URL: https://carrier.example.com
""",
    )


@own_variable_of_a_function.survives
def _(project: Path) -> bool:
    return "CARRIER_URL" in str(_overridden(project)["ApiFunction"])


@edit
def own_alarm(project: Path) -> None:
    """An alarm of the team's, and another threshold for one of the template's."""
    override(
        project,
        f"""\
  CarrierAlarm:
{ALARM}
  ApiErrorAlarm:
    Properties:
      Threshold: 5
""",
    )


@own_alarm.survives
def _(project: Path) -> bool:
    return {"CarrierAlarm", "ApiErrorAlarm"} <= set(_overridden(project))


@edit
def own_retention(project: Path) -> None:
    """Logs of development are kept for a day."""
    replace(project, "samconfig.toml", "LogRetentionDays=7", "LogRetentionDays=1")


@edit
def smaller_batches(project: Path) -> None:
    """One value in the middle of template.yaml."""
    replace(project, "template.yaml", "            BatchSize: 10\n", "            BatchSize: 5\n")


@smaller_batches.survives
def _(project: Path) -> bool:
    function = read_yaml(project, "template.yaml")["Resources"]["QueueFunction"]
    return str(function["Properties"]["Events"]["Orders"]["Properties"]["BatchSize"]) == "5"


@edit
def own_variable(project: Path) -> None:
    """A variable of one function, in template.yaml."""
    replace(
        project,
        "template.yaml",
        "          PARAMETERS_PATH: !Sub /order-service/${Stage}\n",
        "          PARAMETERS_PATH: !Sub /order-service/${Stage}\n"
        "          CARRIER_URL: https://carrier.example.com\n",
    )


@edit
def own_variable_of_all_functions(project: Path) -> None:
    """A variable in Globals, after the template's."""
    substitute(
        project,
        "template.yaml",
        r"^        METRICS_NAMESPACE: (.*)\n",
        r"        METRICS_NAMESPACE: \1\n        TEAM_CHANNEL: orders\n",
    )


@edit
def second_queue_by_hand(project: Path) -> None:
    """Another queue, put beside the first."""
    substitute(
        project,
        "template.yaml",
        r"^  OrdersQueue:\n",
        "  ReturnsQueue:\n    Type: AWS::SQS::Queue\n    Properties:\n"
        "      QueueName: !Sub order-service-${Stage}-returns\n\n  OrdersQueue:\n",
    )


@second_queue_by_hand.survives
def _(project: Path) -> bool:
    return "ReturnsQueue" in read_yaml(project, "template.yaml")["Resources"]


@edit
def permission_by_hand(project: Path) -> None:
    """A statement in the middle of a role."""
    substitute(
        project,
        "template.yaml",
        r"^              - Sid: ReceiveOrders\n",
        "              - Sid: ReadCarriers\n                Effect: Allow\n"
        "                Action: dynamodb:GetItem\n                Resource: '*'\n"
        "              - Sid: ReceiveOrders\n",
    )


@permission_by_hand.survives
def _(project: Path) -> bool:
    role = str(read_yaml(project, "template.yaml")["Resources"]["QueueRole"])
    return "ReadCarriers" in role and "ReceiveOrders" in role


@edit
def output_by_hand(project: Path) -> None:
    """An output at the end of template.yaml."""
    append(project, "template.yaml", "  TeamChannel:\n    Value: orders\n")


@output_by_hand.survives
def _(project: Path) -> bool:
    return "TeamChannel" in read_yaml(project, "template.yaml")["Outputs"]


@edit
def alarm_by_hand(project: Path) -> None:
    """An alarm as the last resource of template.yaml."""
    substitute(
        project,
        "template.yaml",
        r"^Outputs:\n",
        f"  ReturnsAlarm:\n{ALARM}\nOutputs:\n",
    )


@alarm_by_hand.survives
def _(project: Path) -> bool:
    return "ReturnsAlarm" in read_yaml(project, "template.yaml")["Resources"]


@edit
def parameter_by_hand(project: Path) -> None:
    """A parameter of the team's, after the template's."""
    substitute(
        project,
        "template.yaml",
        r"^Mappings:\n",
        "  CarrierUrl:\n    Type: String\n    Default: https://carrier.example.com\n\nMappings:\n",
    )
    substitute(
        project,
        "template.yaml",
        r"^Outputs:\n",
        "Outputs:\n  CarrierUrl:\n    Value: !Ref CarrierUrl\n",
    )
