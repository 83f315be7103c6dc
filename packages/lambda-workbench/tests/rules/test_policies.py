"""Sizes of policies."""

from collections.abc import Callable

Try = Callable[..., None]


def document(length: int) -> str:
    """A policy of so many characters; the white space in it does not count."""
    start = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "'
    end = '", "Action": "s3:*"}]}'
    counted = len((start + end).replace(" ", ""))
    return start + "x" * (length - counted) + end


def test_managed_policies(finds: Try, passes: Try) -> None:
    def policy(length: int) -> str:
        text = document(length)
        return f"It: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {text}}}}}\n"

    passes("managed-policy-size", policy(6144))
    finds("managed-policy-size", "6,145 characters", policy(6145))


def test_trust_policies(finds: Try, passes: Try) -> None:
    def role(length: int) -> str:
        text = document(length)
        return f"It: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {text}}}}}\n"

    passes("trust-policy-size", role(2048))
    finds("trust-policy-size", "2,049 characters", role(2049))


def test_policies_of_resources(finds: Try, passes: Try) -> None:
    def policy(kind: str, name: str, length: int) -> str:
        return f"It: {{Type: AWS::{kind}, Properties: {{{name}: {document(length)}}}}}\n"

    passes("queue-policy-size", policy("SQS::QueuePolicy", "PolicyDocument", 8192))
    finds("queue-policy-size", "8,193", policy("SQS::QueuePolicy", "PolicyDocument", 8193))
    passes("bucket-policy-size", policy("S3::BucketPolicy", "PolicyDocument", 20480))
    finds("bucket-policy-size", "20,481", policy("S3::BucketPolicy", "PolicyDocument", 20481))
    passes("key-policy-size", policy("KMS::Key", "KeyPolicy", 32768))
    finds("key-policy-size", "32,769", policy("KMS::Key", "KeyPolicy", 32769))
    passes("api-policy-size", policy("ApiGateway::RestApi", "Policy", 8192))
    finds("api-policy-size", "8,193", policy("ApiGateway::RestApi", "Policy", 8193))


def test_what_only_a_deployment_knows_counts_with_its_likely_length(
    finds: Try, passes: Try
) -> None:
    def policy(count: int) -> str:
        tables = ", ".join(["!GetAtt OrdersTable.Arn"] * count)
        return (
            "OrdersTable: {Type: AWS::DynamoDB::Table}\n"
            "It:\n"
            "  Type: AWS::IAM::ManagedPolicy\n"
            "  Properties:\n"
            "    PolicyDocument:\n"
            f"      Statement: [{{Effect: Allow, Action: 's3:*', Resource: [{tables}]}}]\n"
        )

    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/shop-dev-OrdersTable-1A2B3C4D5E6F"
    fits = 6000 // len(f'"{arn}",')
    passes("managed-policy-size", policy(fits - 5))
    finds("managed-policy-size", "at most 6,144", policy(fits + 5))


def test_the_inline_policies_of_a_role_count_together(finds: Try, passes: Try) -> None:
    def role(length: int) -> str:
        return (
            "Role:\n"
            "  Type: AWS::IAM::Role\n"
            "  Properties:\n"
            f"    Policies: [{{PolicyName: One, PolicyDocument: {document(5120)}}}]\n"
            "Another:\n"
            "  Type: AWS::IAM::RolePolicy\n"
            "  Properties:\n"
            "    PolicyName: Two\n"
            "    RoleName: !Ref Role\n"
            f"    PolicyDocument: {document(length)}\n"
        )

    passes("inline-policies-size", role(5120))
    finds("inline-policies-size", "10,241 characters", role(5121))


def test_a_policy_replaces_another_of_its_name(finds: Try, passes: Try) -> None:
    def role(second: str) -> str:
        return (
            "It:\n"
            "  Type: AWS::IAM::Role\n"
            "  Properties:\n"
            "    Policies:\n"
            "      - {PolicyName: Function, PolicyDocument: {}}\n"
            f"      - {{PolicyName: {second}, PolicyDocument: {{}}}}\n"
        )

    passes("inline-policy-names", role("Own"))
    finds("inline-policy-names", "2 inline policies are called Function", role("Function"))


def test_a_role_has_ten_managed_policies(finds: Try, passes: Try) -> None:
    def role(count: int) -> str:
        arns = ", ".join(f"'arn:aws:iam::aws:policy/P{number}'" for number in range(count))
        return (
            f"Role: {{Type: AWS::IAM::Role, Properties: {{ManagedPolicyArns: [{arns}]}}}}\n"
            "Own: {Type: AWS::IAM::ManagedPolicy, Properties: {Roles: [!Ref Role]}}\n"
        )

    passes("managed-policies-per-role", role(9))
    finds("managed-policies-per-role", "11 managed policies", role(10))


def test_permissions_to_call_a_function_are_one_policy(finds: Try, passes: Try) -> None:
    arn = "arn:aws:execute-api:eu-west-1:123456789012:abcdefghij/*/GET/orders"

    def routes(count: int, alias: str) -> str:
        return f"{alias}: {{Type: AWS::Lambda::Alias}}\n" + "".join(
            f"{alias}{number}:\n"
            "  Type: AWS::Lambda::Permission\n"
            "  Properties:\n"
            f"    FunctionName: !Ref {alias}\n"
            "    Action: lambda:InvokeFunction\n"
            "    Principal: apigateway.amazonaws.com\n"
            f"    SourceArn: {arn}\n"
            for number in range(count)
        )

    passes("function-policy-size", routes(40, "Live") + routes(40, "Other"))
    finds("function-policy-size", "60 permissions make a policy", routes(60, "Live"))
