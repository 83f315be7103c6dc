"""template.yaml edited in place, although there is a file beside it for that; stage settings."""

from pathlib import Path

from . import append, edit, read_yaml, replace, substitute


@edit
def memory_of_a_stage(project: Path) -> None:
    """More memory in production."""
    substitute(
        project,
        "samconfig.toml",
        r'^    "Stage=prod",\n',
        '    "Stage=prod",\n    "QueueMemory=1024",\n',
    )


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
        "  CarrierAlarm:\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n"
        "      Threshold: 1\n\nOutputs:\n",
    )


@alarm_by_hand.survives
def _(project: Path) -> bool:
    return "CarrierAlarm" in read_yaml(project, "template.yaml")["Resources"]


@edit
def parameter_by_hand(project: Path) -> None:
    """A parameter of the team's, after the template's."""
    substitute(
        project,
        "template.yaml",
        r"^Mappings:\n",
        "  CarrierUrl:\n    Type: String\n    Default: https://carrier.example.com\n\nMappings:\n",
    )
