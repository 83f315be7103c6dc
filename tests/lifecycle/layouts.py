"""Lambda projects as people write them by hand."""

FLAT = {
    "lambda_function.py": """\
import json
import os

import requests


def lambda_handler(event, context):
    answer = requests.get(os.environ["RATES_URL"], timeout=5)
    return {"statusCode": 200, "body": json.dumps(answer.json())}
""",
    "requirements.txt": "# what it needs\nrequests==2.32.3\nboto3\n",
    "README.md": "# Rates\n\nZip it and upload it.\n",
    ".gitignore": "*.zip\npackage/\n.vscode/\n",
    "deploy.sh": "#!/bin/sh\nzip -r rates.zip .\n",
}

SAM = {
    "template.yaml": """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Description: hello
Globals:
  Function:
    Timeout: 3
    Runtime: python3.12
Resources:
  HelloWorldFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: hello_world/
      Handler: app.lambda_handler
      Architectures: [x86_64]
      Environment:
        Variables:
          TABLE: !Ref GreetingsTable
      Events:
        HelloWorld:
          Type: Api
          Properties: {Path: /hello, Method: get}
        Nightly:
          Type: Schedule
          Properties: {Schedule: rate(1 day)}
  GreetingsTable:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
Outputs:
  Url:
    Value: !Sub "https://${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com/Prod/hello"
""",
    "samconfig.toml": 'version = 0.1\n[default.deploy.parameters]\nstack_name = "hello"\n',
    "hello_world/__init__.py": "",
    "hello_world/app.py": '''\
import json


def lambda_handler(event, context):
    """Say hello."""
    return {"statusCode": 200, "body": json.dumps({"message": "hello world"})}
''',
    "hello_world/requirements.txt": "requests\n",
    "tests/__init__.py": "",
    "tests/requirements.txt": "pytest\npytest-mock\n",
    "tests/unit/__init__.py": "",
    "tests/unit/test_handler.py": """\
from hello_world import app


def test_hello():
    assert app.lambda_handler({}, None)["statusCode"] == 200
""",
    "events/event.json": '{"httpMethod": "GET"}\n',
    "README.md": "# hello\n\nThis project contains source code.\n",
    ".gitignore": ".aws-sam/\n__pycache__/\n",
}

CDK = {
    "pyproject.toml": """\
[project]
name = "orders"
version = "3.2.0"
requires-python = ">=3.12"
dependencies = ["pydantic>=2", "aws-lambda-powertools"]

[project.optional-dependencies]
dev = ["pytest", "aws-cdk-lib"]

[tool.ruff]
line-length = 120
""",
    "cdk.json": '{"app": "python3 app.py"}\n',
    "app.py": "import aws_cdk\n\nfrom infrastructure.stack import Orders\n\n"
    "app = aws_cdk.App()\nOrders(app, 'orders')\napp.synth()\n",
    "infrastructure/__init__.py": "",
    "infrastructure/stack.py": """\
from aws_cdk import Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as _lambda
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs


class Orders(Stack):
    def __init__(self, scope, name):
        super().__init__(scope, name)
        function = _lambda.Function(
            self,
            "Create",
            runtime=_lambda.Runtime.PYTHON_3_12,
            handler="service.handlers.create_order.create_order",
            code=_lambda.Code.from_asset("."),
        )
        apigateway.LambdaRestApi(self, "Api", handler=function)
        function.add_event_source(sources.SqsEventSource(sqs.Queue(self, "Queue")))
""",
    "service/__init__.py": "",
    "service/handlers/__init__.py": "",
    "service/handlers/create_order.py": """\
from service.logic.create import create


def create_order(event, context):
    return create(event["body"])
""",
    "service/logic/__init__.py": "",
    "service/logic/create.py": "def create(body):\n    return {'statusCode': 200, 'body': body}\n",
    "service/dal/__init__.py": "",
    "service/dal/table.py": "class Orders:\n    pass\n",
    "tests/unit/test_create.py": "from service.logic.create import create\n\n\n"
    "def test_create():\n    assert create('x')['body'] == 'x'\n",
    "Makefile": "test:\n\tpytest\n\ndeploy:\n\tcdk deploy\n",
    ".github/workflows/pr.yml": "on: pull_request\njobs: {}\n",
    ".github/workflows/ci.yml": "on: push\njobs: {}\n",
    "docs/index.md": "# Orders\n",
    "LICENSE": "Ours.\n",
}

LAYOUTS = {"flat": FLAT, "sam": SAM, "cdk": CDK}
