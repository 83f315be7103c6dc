"""What a change set would do, in a form that a person can read before it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

# Types that hold something, as cfn-lint's rule I3011 lists them:
# https://github.com/aws-cloudformation/cfn-lint/blob/main/docs/rules.md
STATEFUL = frozenset(
    {
        "AWS::Backup::BackupVault",
        "AWS::CloudFormation::Stack",
        "AWS::Cognito::UserPool",
        "AWS::DocDB::DBCluster",
        "AWS::DocDB::DBInstance",
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::EC2::Volume",
        "AWS::EFS::FileSystem",
        "AWS::EMR::Cluster",
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::Elasticsearch::Domain",
        "AWS::FSx::FileSystem",
        "AWS::KMS::Key",
        "AWS::Kinesis::Stream",
        "AWS::Logs::LogGroup",
        "AWS::Neptune::DBCluster",
        "AWS::Neptune::DBInstance",
        "AWS::OpenSearchService::Domain",
        "AWS::Organizations::Account",
        "AWS::QLDB::Ledger",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::Redshift::Cluster",
        "AWS::S3::Bucket",
        "AWS::SDB::Domain",
        "AWS::SQS::Queue",
        "AWS::SecretsManager::Secret",
    }
)
_EFFECTS = {"Add": "added", "Modify": "changed", "Remove": "removed", "Import": "imported"}
_REPLACEMENTS = {"True": "replaced", "Conditional": "may be replaced"}
_ORDER = ("removed", "replaced", "may be replaced", "changed", "imported", "added")
# What becomes of the old resource, by the change's PolicyAction:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
_FATES = {
    "Delete": "what it holds is LOST",
    "ReplaceAndDelete": "what the old one holds is LOST",
    "Retain": "it stays outside of the stack, with its data",
    "ReplaceAndRetain": "the old one stays outside of the stack, with its data; the new is empty",
    "Snapshot": "a snapshot is taken",
    "ReplaceAndSnapshot": "a snapshot is taken of the old one; the new is empty",
}


@dataclass(frozen=True)
class Change:
    """What happens to one resource. `policy` is the PolicyAction of the change set."""

    name: str
    kind: str
    effect: str
    policy: str = ""
    properties: tuple[str, ...] = ()

    @classmethod
    def read(cls, described: Mapping[str, Any]) -> Self:
        """A ResourceChange, as CloudFormation describes it."""
        effect = _EFFECTS.get(described["Action"], described["Action"].lower())
        if effect == "changed":
            effect = _REPLACEMENTS.get(described.get("Replacement", ""), effect)
        targets = [detail.get("Target") or {} for detail in described.get("Details") or []]
        names = {target.get("Name") or target.get("Attribute", "") for target in targets}
        return cls(
            name=described["LogicalResourceId"],
            kind=described["ResourceType"],
            effect=effect,
            policy=described.get("PolicyAction", ""),
            properties=tuple(sorted(filter(None, names))),
        )

    @property
    def is_fateful(self) -> bool:
        """Whether something that holds data is removed or replaced."""
        return self.kind in STATEFUL and self.effect in _ORDER[:3]

    @property
    def loses_data(self) -> bool:
        """Whether nothing of that data is left afterwards, or nobody can tell."""
        return self.is_fateful and self.policy in ("", "Delete", "ReplaceAndDelete")

    @property
    def line(self) -> str:
        """The change in a line; one that touches data begins with a mark."""
        mark = "!!" if self.is_fateful else "  "
        effect = self.effect.upper() if self.is_fateful else self.effect
        said = ", ".join(self.properties) if self.effect not in ("added", "removed") else ""
        if self.is_fateful:
            fate = _FATES.get(self.policy, "what it holds may be LOST")
            said = f"{said}: {fate}" if said else fate
        return f"{mark} {effect:15} {self.kind:36} {self.name}  {said}".rstrip()


def report(stack: str, changes: Sequence[Change]) -> str:
    """Every change in a line, those that touch data first, under a line that counts them."""
    counts = [
        f"{number} {effect}"
        for effect in reversed(_ORDER)
        if (number := sum(change.effect == effect for change in changes))
    ]
    ordered = sorted(
        changes,
        key=lambda change: (
            not change.is_fateful,
            _ORDER.index(change.effect) if change.effect in _ORDER else len(_ORDER),
            change.kind,
            change.name,
        ),
    )
    heading = f"{stack}: {', '.join(counts) or f'{len(changes)} changes'}"
    return "\n".join([heading, *(change.line for change in ordered)])
