from uuid import uuid4

from lean_lambda.aws import Aws
from lean_lambda.parameters import Parameters, Secret


def test_a_parameter_and_a_secret_that_is_rotated(aws: Aws) -> None:
    name = f"test-{uuid4()}"
    aws.call("ssm", "PutParameter", {"Name": f"/{name}/size", "Value": "20", "Type": "String"})
    aws.call("secretsmanager", "CreateSecret", {"Name": name, "SecretString": "one"})

    assert Parameters(aws, f"/{name}").get("size") == "20"
    secret = Secret(aws, name, floor=0)
    assert secret.value() == "one"
    aws.call("secretsmanager", "PutSecretValue", {"SecretId": name, "SecretString": "two"})
    assert secret.use(str.upper, rejected=lambda result: result == "ONE") == "TWO"
