"""Web ACLs: what WAF takes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from lambda_workbench.preflight.model import Problem, Stack, rule

_DOCS = "https://docs.aws.amazon.com/waf/latest"
_INCLUDED, _MOST = 1500, 5000

# Capacity units of AWS's managed rule groups.
_GROUPS = {
    "AWSManagedRulesACFPRuleSet": 50,
    "AWSManagedRulesATPRuleSet": 50,
    "AWSManagedRulesAdminProtectionRuleSet": 100,
    "AWSManagedRulesAmazonIpReputationList": 25,
    "AWSManagedRulesAnonymousIpList": 50,
    "AWSManagedRulesAntiDDoSRuleSet": 50,
    "AWSManagedRulesBotControlRuleSet": 50,
    "AWSManagedRulesCommonRuleSet": 700,
    "AWSManagedRulesKnownBadInputsRuleSet": 200,
    "AWSManagedRulesLinuxRuleSet": 200,
    "AWSManagedRulesPHPRuleSet": 100,
    "AWSManagedRulesSQLiRuleSet": 200,
    "AWSManagedRulesUnixRuleSet": 100,
    "AWSManagedRulesWindowsRuleSet": 200,
    "AWSManagedRulesWordPressRuleSet": 100,
}


@rule(
    "firewall-capacity",
    "The rules of a web ACL take at most 1,500 capacity units: above, requests cost more",
    f"{_DOCS}/developerguide/aws-waf-capacity-units.html",
)
def firewall_capacity(stack: Stack) -> Iterator[Problem]:
    """Of the rules whose capacity is documented: AWS's groups and limits of rates."""
    for acl in stack.of_type("AWS::WAFv2::WebACL"):
        units = sum(_units(given.get("Statement") or {}) for given in acl.get("Rules") or [])
        if units > _INCLUDED:
            yield acl.problem(
                f"the rules take {units} capacity units or more",
                "Rules",
                expected=f"at most {_INCLUDED}; WAF refuses more than {_MOST}",
            )


def _units(statement: dict[str, Any]) -> int:
    limited = statement.get("RateBasedStatement")
    if limited:
        return 2 + 30 * len(limited.get("CustomKeys") or [])
    group = (statement.get("ManagedRuleGroupStatement") or {}).get("Name")
    return _GROUPS.get(str(group), 0)


@rule(
    "firewall-priorities",
    "The rules of a web ACL have priorities of their own",
    f"{_DOCS}/APIReference/API_Rule.html",
)
def firewall_priorities(stack: Stack) -> Iterator[Problem]:
    """They need not be consecutive."""
    for acl in stack.of_type("AWS::WAFv2::WebACL"):
        priorities = Counter(str(given.get("Priority")) for given in acl.get("Rules") or [])
        for priority, times in priorities.items():
            if times > 1:
                yield acl.problem(f"{times} rules have the priority {priority}", "Rules")


@rule(
    "firewall-logs",
    "The logs of a web ACL go to something whose name begins with aws-waf-logs-",
    f"{_DOCS}/developerguide/logging-cw-logs.html",
)
def firewall_logs(stack: Stack) -> Iterator[Problem]:
    """A log group, a bucket or a Firehose stream, by its ARN."""
    for logging in stack.of_type("AWS::WAFv2::LoggingConfiguration"):
        for path, arn in logging.each("LogDestinationConfigs", "*"):
            if isinstance(arn, str) and not arn.replace("/", ":").split(":")[-1].startswith(
                "aws-waf-logs-"
            ):
                yield logging.problem(f"the logs go to {arn}", *path)
