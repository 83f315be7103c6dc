"""APIs and the web ACLs before them."""

from collections.abc import Callable

import pytest

Try = Callable[..., None]

REST, HTTP = "AWS::ApiGateway", "AWS::ApiGatewayV2"


def it(kind: str, properties: str) -> str:
    return f"It: {{Type: {kind}, Properties: {{{properties}}}}}\n"


@pytest.mark.parametrize(
    ("kind", "setting"), [(f"{REST}::Stage", "Setting"), (f"{HTTP}::Stage", "Settings")]
)
def test_formats_of_access_logs(kind: str, setting: str, finds: Try, passes: Try) -> None:
    def stage(text: str) -> str:
        return it(kind, f'StageName: a, AccessLog{setting}: {{Format: "{text}"}}')

    passes("access-log-format", stage("$context.requestId $context.status"))
    passes("access-log-format", stage("$context.extendedRequestId"))
    finds("access-log-format", "several lines", stage("$context.requestId\\n$context.status"))
    finds("access-log-format", "no $context.requestId", stage("$context.status"))
    finds("access-log-format", "more than 3 KB", stage("$context.requestId" + "x" * 3072))


def test_issuers_and_audiences_of_tokens(finds: Try, passes: Try) -> None:
    def api(issuer: str, audience: str) -> str:
        return f"""
            It:
              Type: AWS::ApiGatewayV2::Api
              Properties:
                Body:
                  components:
                    securitySchemes:
                      Tokens:
                        x-amazon-apigateway-authorizer:
                          type: jwt
                          jwtConfiguration: {{issuer: '{issuer}', audience: {audience}}}
        """

    passes("jwt-authorizer", api("https://tokens.example.com", "[shop]"))
    finds("jwt-authorizer", "http://tokens", api("http://tokens.example.com", "[shop]"))
    finds("jwt-authorizer", "0 audiences", api("https://tokens.example.com", "[]"))
    finds(
        "jwt-authorizer",
        "issuer",
        it(f"{HTTP}::Authorizer", "AuthorizerType: JWT, JwtConfiguration: {Audience: [shop]}"),
    )


def test_cors(finds: Try, passes: Try) -> None:
    def api(cors: str) -> str:
        return it(f"{HTTP}::Api", f"CorsConfiguration: {{{cors}}}")

    passes("cors", api("AllowCredentials: true, AllowOrigins: ['https://shop.example.com']"))
    passes("cors", api("AllowOrigins: ['*'], MaxAge: 86400"))
    finds("cors", "any origin", api("AllowCredentials: true, AllowOrigins: ['*']"))
    finds("cors", "MaxAge is 86401", api("MaxAge: 86401"))
    finds(
        "cors",
        "any origin",
        it(
            f"{HTTP}::Api",
            "Body: {x-amazon-apigateway-cors: {allowCredentials: true, allowOrigins: ['*']}}",
        ),
    )


@pytest.mark.parametrize("schemes", ["components: {securitySchemes: ", "securityDefinitions: {x: "])
def test_verdicts_are_kept_for_an_hour(schemes: str, finds: Try, passes: Try) -> None:
    def api(seconds: int) -> str:
        tokens = f"{{x-amazon-apigateway-authorizer: {{authorizerResultTtlInSeconds: {seconds}}}}}"
        if schemes.startswith("security"):
            return it(f"{REST}::RestApi", f"Body: {{securityDefinitions: {{Tokens: {tokens}}}}}")
        return it(f"{HTTP}::Api", f"Body: {{{schemes}{{Tokens: {tokens}}}}}}}")

    passes("authorizer-cache", api(3600))
    finds("authorizer-cache", "3601 seconds", api(3601))
    finds(
        "authorizer-cache",
        "3601 seconds",
        it(f"{HTTP}::Authorizer", "AuthorizerResultTtlInSeconds: 3601"),
    )


@pytest.mark.parametrize("milliseconds", [49, 30001])
def test_an_http_api_waits_for_half_a_minute(milliseconds: int, finds: Try, passes: Try) -> None:
    passes("integration-timeout", it(f"{HTTP}::Integration", "TimeoutInMillis: 30000"))
    finds(
        "integration-timeout",
        str(milliseconds),
        it(f"{HTTP}::Integration", f"TimeoutInMillis: {milliseconds}"),
    )


def test_variables_of_stages(finds: Try, passes: Try) -> None:
    def stage(variables: str) -> str:
        return it(f"{REST}::Stage", f"StageName: a, Variables: {{{variables}}}")

    passes("stage-variables", stage("table_1: 'https://x.example.com/a?b=c,d'"))
    finds("stage-variables", "table-1 cannot", stage("table-1: a"))
    finds("stage-variables", 'table is "a b"', stage("table: a b"))
    finds(
        "stage-variables", "a;b", it(f"{HTTP}::Stage", "StageName: a, StageVariables: {t: 'a;b'}")
    )


def test_a_stage_takes_no_more_than_the_account(finds: Try, passes: Try) -> None:
    def stage(rate: int, burst: int) -> str:
        limits = f"{{ThrottlingRateLimit: {rate}, ThrottlingBurstLimit: {burst}}}"
        return it(f"{HTTP}::Stage", f"StageName: a, DefaultRouteSettings: {limits}")

    passes("throttling", stage(10000, 5000))
    finds("throttling", "ThrottlingRateLimit is 10001", stage(10001, 5000))
    finds("throttling", "ThrottlingBurstLimit is 5001", stage(10000, 5001))
    finds(
        "throttling",
        "20000",
        it(f"{REST}::Stage", "StageName: a, MethodSettings: [{ThrottlingRateLimit: 20000}]"),
    )


def acl(*rules: str) -> str:
    return it("AWS::WAFv2::WebACL", f"Name: a, Rules: [{', '.join(rules)}]")


def test_capacity_of_a_web_acl(finds: Try, passes: Try) -> None:
    def group(name: str, priority: int = 1) -> str:
        statement = f"{{ManagedRuleGroupStatement: {{VendorName: AWS, Name: {name}}}}}"
        return f"{{Name: r, Priority: {priority}, Statement: {statement}}}"

    common, sql = group("AWSManagedRulesCommonRuleSet"), group("AWSManagedRulesSQLiRuleSet")
    limit = "{Name: r, Statement: {RateBasedStatement: {Limit: 100}}}"
    passes("firewall-capacity", acl(common, sql, limit))
    finds("firewall-capacity", "1602 capacity units", acl(common, common, sql, limit))


def test_priorities_of_a_web_acl(finds: Try, passes: Try) -> None:
    passes("firewall-priorities", acl("{Priority: 0}", "{Priority: 1}"))
    finds(
        "firewall-priorities", "2 rules have the priority 1", acl("{Priority: 1}", "{Priority: 1}")
    )


def test_logs_of_a_web_acl(finds: Try, passes: Try) -> None:
    def logging(name: str) -> str:
        arn = f"arn:aws:logs:eu-west-1:123456789012:log-group:{name}"
        return it("AWS::WAFv2::LoggingConfiguration", f"LogDestinationConfigs: ['{arn}']")

    passes("firewall-logs", logging("aws-waf-logs-shop"))
    finds("firewall-logs", "log-group:shop", logging("shop"))
