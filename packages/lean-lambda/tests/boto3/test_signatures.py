"""The thin client's signatures are botocore's, byte for byte.

The cases of AWS's Signature Version 4 test suite are rebuilt here as requests, and botocore says
what is right. To compare with the signatures that AWS published as well, set SIGV4_SUITE to the
suite's own folder of cases: `tests/aws-signing-test-suite/v4` of awslabs/aws-c-auth.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from .conftest import KEY, SECRET

SUITE_TIME = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
SESSION = "AQoDYXdzEPT//////////wEXAMPLE+session/token=="
HOST = "example.amazonaws.com"

# name: method, canonical path, query, headers beside host, body, session token
Case = tuple[str, str, str, dict[str, str], bytes, str]
CASES: dict[str, Case] = {
    "get-vanilla": ("GET", "/", "", {}, b"", ""),
    "get-vanilla-with-session-token": ("GET", "/", "", {}, b"", SESSION),
    "get-vanilla-empty-query-key": ("GET", "/", "Param1=value1", {}, b"", ""),
    "get-vanilla-query-order": ("GET", "/", "Param1=value1&Param2=value2", {}, b"", ""),
    "get-vanilla-query-order-value": ("GET", "/", "Param1=value1&Param1=value2", {}, b"", ""),
    "get-vanilla-utf8-query": ("GET", "/", "%E1%88%B4=bar", {}, b"", ""),
    "get-unreserved": ("GET", "/-._~0123456789ABCXYZabcxyz", "", {}, b"", ""),
    "get-utf8": ("GET", "/%E1%88%B4", "", {}, b"", ""),
    "get-space": ("GET", "/example%20space/", "", {}, b"", ""),
    "get-slash-pointless-dot": ("GET", "/example", "", {}, b"", ""),
    "get-header-value-trim": ("GET", "/", "", {"my-header1": '  "a   b   c"  '}, b"", ""),
    "get-header-value-multiline": ("GET", "/", "", {"my-header1": "a\n  b\n     c"}, b"", ""),
    "get-header-value-order": ("GET", "/", "", {"my-header1": "value4,value1,value3"}, b"", ""),
    "post-vanilla": ("POST", "/", "", {}, b"", ""),
    "post-vanilla-query": ("POST", "/", "Param1=value1", {}, b"", ""),
    "post-header-key-sort": ("POST", "/", "", {"my-header1": "value1"}, b"", ""),
    "post-header-value-case": ("POST", "/", "", {"my-header1": "VALUE1"}, b"", ""),
    "post-sts-header-before": ("POST", "/", "", {}, b"", SESSION),
    "post-x-www-form-urlencoded": (
        *("POST", "/", ""),
        {"content-type": "application/x-www-form-urlencoded", "content-length": "13"},
        b"Param1=value1",
        "",
    ),
}


def by_botocore(
    method: str,
    path: str,
    query: str,
    headers: dict[str, str],
    body: bytes,
    *,
    token: str,
    region: str,
    service: str,
    at: datetime,
    secret: str = SECRET,
) -> str:
    url = f"https://{headers['host']}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method, url, headers=headers, data=body)
    signer = _AsWritten(Credentials(KEY, secret, token or None), service, region)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: at)
        signer.add_auth(request)
    return str(request.headers["Authorization"])


class _AsWritten(SigV4Auth):  # type: ignore[misc,unused-ignore]
    """Paths here are in canonical form already; botocore would quote them once more."""

    def _normalize_url_path(self, path: str) -> str:
        return path


def by_us(
    aws: ModuleType,
    method: str,
    path: str,
    query: str,
    headers: dict[str, str],
    body: bytes,
    *,
    token: str,
    region: str,
    service: str,
    at: datetime,
    secret: str = SECRET,
) -> str:
    credentials = aws.Credentials(KEY, secret, token)
    signed = aws.sign(
        *(method, path, query, headers, body),
        credentials=credentials,
        region=region,
        service=service,
        at=at.timestamp(),
    )
    return str(signed["authorization"])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_cases_of_the_published_suite(aws: ModuleType, case: Case) -> None:
    method, path, query, headers, body, token = case
    headers = {"host": HOST, **headers}
    scope: dict[str, Any] = {
        "token": token,
        "region": "us-east-1",
        "service": "service",
        "at": SUITE_TIME,
    }
    request = (method, path, query, headers, body)
    assert by_us(aws, *request, **scope) == by_botocore(*request, **scope)


def published_cases() -> list[Path]:
    suite = os.environ.get("SIGV4_SUITE")
    return sorted(path.parent for path in Path(suite).glob("*/request.txt")) if suite else []


@pytest.mark.parametrize("folder", published_cases(), ids=lambda folder: folder.name)
def test_published_signatures(aws: ModuleType, folder: Path) -> None:
    context = json.loads((folder / "context.json").read_text())
    canonical = (folder / "header-canonical-request.txt").read_text().split("\n")
    expected = (folder / "header-signature.txt").read_text().strip()
    method, path, query = canonical[:3]
    lines = canonical[3 : canonical.index("", 3)]
    headers = dict(line.split(":", 1) for line in lines)
    headers.pop("x-amz-date")
    token = context["credentials"].get("token", "")
    if token and not context.get("omit_session_token"):
        headers.pop("x-amz-security-token")
    else:
        token = ""
    _, _, body = (folder / "request.txt").read_text().partition("\n\n")
    signed = aws.sign(
        *(method, path, query, headers, body.encode()),
        credentials=aws.Credentials(
            context["credentials"]["access_key_id"],
            context["credentials"]["secret_access_key"],
            token,
        ),
        region=context["region"],
        service=context["service"],
        at=SUITE_TIME.timestamp(),
    )
    assert signed["authorization"].rpartition("Signature=")[2] == expected


visible = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
names = st.from_regex(r"x-[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True).filter(
    lambda name: name not in {"x-amz-date", "x-amz-security-token", "x-amzn-trace-id"}
)


@given(
    headers=st.dictionaries(names, st.text(visible, max_size=60), max_size=6),
    body=st.binary(max_size=300),
    token=st.text(st.characters(codec="ascii", exclude_categories=["C", "Z"]), max_size=40),
    secret=st.text(visible, min_size=1, max_size=60),
    region=st.from_regex(r"[a-z]{2}(-[a-z]{3,6}){1,2}-[1-9]", fullmatch=True),
    service=st.sampled_from(["dynamodb", "sqs", "ssm", "secretsmanager", "events"]),
    at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
)
def test_any_request(
    aws: ModuleType,
    headers: dict[str, str],
    body: bytes,
    token: str,
    secret: str,
    region: str,
    service: str,
    at: datetime,
) -> None:
    headers["host"] = f"{service}.{region}.amazonaws.com"
    scope: dict[str, Any] = {
        "token": token,
        "secret": secret,
        "region": region,
        "service": service,
        "at": at,
    }
    request = ("POST", "/", "", headers, body)
    assert by_us(aws, *request, **scope) == by_botocore(*request, **scope)


@pytest.mark.parametrize("service", ["dynamodb", "sqs", "ssm", "secretsmanager", "events"])
def test_what_is_sent_is_what_was_signed(
    aws: ModuleType, server: Any, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", SESSION)
    aws.ThinAws(clock=SUITE_TIME.timestamp).call(service, "Anything", {"Name": "Łódź"})

    (sent,) = server.received
    signed = sent.headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    assert {"host", "x-amz-date", "x-amz-security-token", "x-amz-target"} <= set(signed)
    headers = {
        name: sent.headers[name]
        for name in signed
        if name not in {"x-amz-date", "x-amz-security-token"}
    }
    assert sent.headers["authorization"] == by_botocore(
        *("POST", "/", "", headers, sent.body),
        token=SESSION,
        region="eu-west-1",
        service=service,
        at=SUITE_TIME,
    )
