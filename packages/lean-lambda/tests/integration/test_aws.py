"""The thin client and boto3 give the same answers on the emulator."""

import threading
from typing import Any
from uuid import uuid4

import pytest

from lean_lambda.aws import Aws, AwsError


def failure(aws: Aws, service: str, operation: str, payload: dict[str, Any]) -> AwsError:
    with pytest.raises(AwsError) as caught:
        aws.call(service, operation, payload)
    return caught.value


def test_dynamodb(aws: Aws, table: str) -> None:
    item = {"id": {"S": "Łódź"}, "total": {"N": "12.50"}, "tags": {"L": [{"BOOL": True}]}}
    key = {"TableName": table, "Key": {"id": {"S": "Łódź"}}}
    put = {
        "TableName": table,
        "Item": item,
        "ConditionExpression": "attribute_not_exists(id)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    assert aws.call("dynamodb", "PutItem", put) == {}
    found = aws.call("dynamodb", "GetItem", key)["Item"]
    assert found == {**item, "total": {"N": found["total"]["N"]}}
    assert float(found["total"]["N"]) == 12.5

    error = failure(aws, "dynamodb", "PutItem", put)
    assert (error.code, error.status) == ("ConditionalCheckFailedException", 400)
    assert error.detail == {"Item": found}

    update = {
        **key,
        "UpdateExpression": "ADD hits :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
        "ReturnValues": "UPDATED_NEW",
    }
    assert aws.call("dynamodb", "UpdateItem", update) == {"Attributes": {"hits": {"N": "1"}}}
    aws.call("dynamodb", "DeleteItem", key)
    assert aws.call("dynamodb", "GetItem", key) == {}

    error = failure(aws, "dynamodb", "GetItem", {**key, "TableName": f"not-{table}"})
    assert (error.code, error.retryable) == ("ResourceNotFoundException", False)


def test_sqs(aws: Aws) -> None:
    url = aws.call("sqs", "CreateQueue", {"QueueName": f"test-{uuid4()}"})["QueueUrl"]
    text = {"StringValue": "abc", "DataType": "String"}
    message = {
        "QueueUrl": url,
        "MessageBody": '{"städte": ["Łódź"]}',
        "MessageAttributes": {"correlation_id": text},
    }
    sent = aws.call("sqs", "SendMessage", message)
    receive = {"QueueUrl": url, "MessageAttributeNames": ["All"]}
    (received,) = aws.call("sqs", "ReceiveMessage", receive)["Messages"]
    assert received["MessageId"] == sent["MessageId"]
    assert received["Body"] == message["MessageBody"]
    assert received["MessageAttributes"] == {"correlation_id": text}

    aws.call("sqs", "DeleteQueue", {"QueueUrl": url})
    error = failure(aws, "sqs", "SendMessage", message)
    assert (error.code, error.status) == ("AWS.SimpleQueueService.NonExistentQueue", 400)


def test_ssm_and_secrets_manager(aws: Aws) -> None:
    name = f"test-{uuid4()}"
    aws.call("ssm", "PutParameter", {"Name": f"/{name}", "Value": "20", "Type": "String"})
    parameter = aws.call("ssm", "GetParameter", {"Name": f"/{name}"})["Parameter"]
    assert parameter["Value"] == "20"
    assert isinstance(parameter["LastModifiedDate"], int | float)
    assert failure(aws, "ssm", "GetParameter", {"Name": f"/not-{name}"}).code == "ParameterNotFound"

    aws.call("secretsmanager", "CreateSecret", {"Name": name, "SecretString": "one"})
    assert aws.call("secretsmanager", "GetSecretValue", {"SecretId": name})["SecretString"] == "one"
    error = failure(aws, "secretsmanager", "GetSecretValue", {"SecretId": f"not-{name}"})
    assert error.code == "ResourceNotFoundException"


def test_events(aws: Aws) -> None:
    entry = {"Source": "shop.payments", "DetailType": "PaymentReceived", "Detail": "{}"}
    reply = aws.call("events", "PutEvents", {"Entries": [entry]})
    assert reply["FailedEntryCount"] == 0
    assert len(reply["Entries"]) == 1


def test_threads_share_a_client(aws: Aws, table: str) -> None:
    add = {
        "TableName": table,
        "Key": {"id": {"S": "counter"}},
        "UpdateExpression": "ADD hits :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }

    def work() -> None:
        for _ in range(10):
            aws.call("dynamodb", "UpdateItem", add)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    key = {"TableName": table, "Key": {"id": {"S": "counter"}}}
    assert aws.call("dynamodb", "GetItem", key)["Item"]["hits"] == {"N": "40"}
