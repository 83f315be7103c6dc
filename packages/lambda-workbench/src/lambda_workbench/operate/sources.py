"""Send events through the real sources of a deployed service: HTTP, queue, stream, …"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import os
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials

from lambda_workbench.errors import ToolError
from lambda_workbench.local.local_identity import local_token
from lambda_workbench.operate.service import Service
from lambda_workbench.project import ROOT, project


@dataclass(frozen=True)
class Answer:
    """What an HTTP request came back with."""

    status: int
    headers: Mapping[str, str]
    body: str

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Api:
    """The service's HTTP or REST API, called with the credentials it asks for."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._region = service.stack.region or project().region
        self._rest = False
        found = service.stack.of_type("AWS::ApiGatewayV2::Api")
        if not found:
            found = service.stack.of_type("AWS::ApiGateway::RestApi")
            self._rest = True
        if not found:
            raise ToolError("the service has no API")
        self._id = found[0]
        self.authorization = self._authorization()
        self._headers: dict[str, str] | None = None
        self._caller: Any = None

    @property
    def url(self) -> str:
        """Where the API is, without a slash at the end."""
        if self._service.endpoint:
            base = f"{self._service.endpoint}/_aws/execute-api/{self._id}"
        else:
            base = f"https://{self._id}.execute-api.{self._region}.amazonaws.com"
        stage = self._stage()
        return base if stage == "$default" else f"{base}/{stage}"

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        authorized: bool = True,
    ) -> Answer:
        """Send one request; a `body` that is no text is sent as JSON."""
        return _send(self.request(method, path, body, headers, authorized=authorized))

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        authorized: bool = True,
    ) -> Any:
        """A request with its credentials, to be sent at once: signatures age."""
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        request = botocore.awsrequest.AWSRequest(
            method=method,
            url=self.url + path,
            data=text.encode() if text is not None else None,
            headers={"content-type": "application/json", **(headers or {})},
        )
        if authorized:
            self._authorize(request)
        return request

    def _authorize(self, request: Any) -> None:
        if self.authorization == "AWS_IAM":
            if self._caller is None:
                self._caller = self._credentials_of_caller()
            signer = botocore.auth.SigV4Auth(self._caller, "execute-api", self._region)
            signer.add_auth(request)
            return
        if self._headers is None:
            self._headers = self._credentials()
        for name, value in self._headers.items():
            request.headers[name] = value

    def _credentials_of_caller(self) -> Any:
        """Those of the stack's role for tests, where it has one, or of whoever runs this."""
        role = self._service.stack.outputs().get("ApiCallerRoleArn")
        if role is None:
            return boto3.Session().get_credentials()
        assumed = self._service.client("sts").assume_role(RoleArn=role, RoleSessionName="tests")
        given = assumed["Credentials"]
        return botocore.credentials.Credentials(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
        )

    def _credentials(self) -> dict[str, str]:
        """The headers that get past the API's authorization."""
        if self.authorization in {"JWT", "COGNITO_USER_POOLS"}:
            return {"authorization": f"Bearer {self._json_web_token()}"}
        if self.authorization == "CUSTOM":
            secret_id = self._service.variable("authorizer", "TOKEN_SECRET")
            secrets = self._service.client("secretsmanager")
            secret = secrets.get_secret_value(SecretId=secret_id)["SecretString"]
            signed = f"local-caller.{int(time.time()) + 3600}"
            digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
            return {"authorization": f"Bearer {signed}.{digest}"}
        if self.authorization == "API_KEY":
            return {"x-api-key": self._api_key()}
        return {}

    def _json_web_token(self) -> str:
        if self._service.endpoint:
            return local_token(self._service.endpoint)
        token = os.environ.get("API_TOKEN")
        if not token:
            raise ToolError("set API_TOKEN to a token from your identity provider")
        return token

    def _api_key(self) -> str:
        gateway = self._service.client("apigateway")
        for key in self._service.stack.of_type("AWS::ApiGateway::ApiKey"):
            return str(gateway.get_api_key(apiKey=key, includeValue=True)["value"])
        raise ToolError("the stack has no API key")

    def _authorization(self) -> str:
        """AWS_IAM, JWT, COGNITO_USER_POOLS, CUSTOM, API_KEY or NONE."""
        if not self._rest:
            routes = self._service.pages("apigatewayv2", "get_routes", "Items", ApiId=self._id)
            return next((str(route.get("AuthorizationType", "NONE")) for route in routes), "NONE")
        listed = self._service.pages(
            "apigateway", "get_resources", "items", restApiId=self._id, embed=["methods"]
        )
        for resource in listed:
            for name, method in (resource.get("resourceMethods") or {}).items():
                if name == "OPTIONS":
                    continue
                if method.get("apiKeyRequired"):
                    return "API_KEY"
                return str(method.get("authorizationType", "NONE"))
        return "NONE"

    def _stage(self) -> str:
        if not self._rest:
            return "$default"
        stages = self._service.client("apigateway").get_stages(restApiId=self._id)["item"]
        # SAM of old added a stage called Stage beside the real one.
        names = [stage["stageName"] for stage in stages]
        return str(next((name for name in names if name != "Stage"), names[0]))


def send_message(
    service: Service, body: str, *, group: str = "", attributes: Mapping[str, str] | None = None
) -> str:
    """Put a message on the queue; a FIFO queue needs a group."""
    url = service.queue_url(service.mapping("queue")["EventSourceArn"])
    fifo = {"MessageGroupId": group or "any", "MessageDeduplicationId": str(uuid.uuid4())}
    answer = service.client("sqs").send_message(
        QueueUrl=url,
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value}
            for name, value in (attributes or {}).items()
        },
        **(fifo if url.endswith(".fifo") else {}),
    )
    return str(answer["MessageId"])


def send_messages(service: Service, bodies: Sequence[str], *, group: str = "any") -> None:
    """Put up to ten messages on the queue in one go, so that they make one batch."""
    url = service.queue_url(service.mapping("queue")["EventSourceArn"])
    fifo = url.endswith(".fifo")
    entries = []
    for number, body in enumerate(bodies):
        entry = {"Id": str(number), "MessageBody": body}
        if fifo:
            entry |= {"MessageGroupId": group, "MessageDeduplicationId": str(uuid.uuid4())}
        entries.append(entry)
    service.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)


def put_records(service: Service, records: Sequence[tuple[str, str]]) -> list[str]:
    """Put pairs of partition key and data on the Kinesis stream; their sequence numbers."""
    answer = service.client("kinesis").put_records(
        StreamARN=service.mapping("stream")["EventSourceArn"],
        Records=[{"PartitionKey": key, "Data": data.encode()} for key, data in records],
    )
    return [record["SequenceNumber"] for record in answer["Records"]]


def put_item(service: Service, item: dict[str, Any]) -> None:
    """Insert an item, in DynamoDB's own notation, into the table that the stream reads."""
    table = service.mapping("stream")["EventSourceArn"].split(":table/")[1].split("/")[0]
    service.client("dynamodb").put_item(TableName=table, Item=item)


def put_event(service: Service, source: str, kind: str, detail: Any) -> None:
    """Send an event to the bus that the service listens to."""
    text = detail if isinstance(detail, str) else json.dumps(detail)
    entry = {"Source": source, "DetailType": kind, "Detail": text, "EventBusName": service.bus()}
    answer = service.client("events").put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise ToolError(f"the event bus refused the event: {answer['Entries']}")


def put_object(service: Service, key: str, body: str) -> None:
    """Put an object into the bucket."""
    service.client("s3").put_object(Bucket=service.bucket(), Key=key, Body=body.encode())


def sample_object(service: Service) -> str:
    """Put the sample file where the function may read it and nothing starts; its key."""
    key = f"incoming/sample-{uuid.uuid4()}"
    body = (ROOT / "events" / "storage.jsonl").read_text(encoding="utf-8")
    put_object(service, key, body)
    return key


def remove_object(service: Service, key: str) -> None:
    """Remove an object from the bucket."""
    service.client("s3").delete_object(Bucket=service.bucket(), Key=key)


def publish(service: Service, message: str) -> None:
    """Publish to the topic."""
    service.client("sns").publish(TopicArn=service.topic(), Message=message)


def fire_schedule(service: Service) -> None:
    """Let the scheduler fire once, now: a one-off schedule with the same target."""
    schedule = service.schedule()
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1)
    service.client("scheduler").create_schedule(
        Name=f"{project().slug}-{service.stage}-once-{uuid.uuid4()}"[:64],
        GroupName=schedule["GroupName"],
        ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=schedule["Target"],
        ActionAfterCompletion="DELETE",
    )


def sqs_bodies(service: Service, url: str, *, delete: bool = True) -> list[str]:
    """Take what is on a queue right now."""
    sqs = service.client("sqs")
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
    messages = answer.get("Messages", [])
    for message in messages if delete else []:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in messages]


def decoded(data: str) -> str:
    """The text in base64 data of a sample event."""
    return base64.b64decode(data).decode()


def _send(request: Any) -> Answer:
    prepared = request.prepare()
    outgoing = urllib.request.Request(
        prepared.url,
        data=prepared.body or None,
        headers={name: _text(value) for name, value in prepared.headers.items()},
        method=prepared.method,
    )
    try:
        with urllib.request.urlopen(outgoing, timeout=35) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, headers, response.read().decode())
    except urllib.error.HTTPError as error:
        headers = {name.lower(): value for name, value in error.headers.items()}
        return Answer(error.code, headers, error.read().decode())


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
