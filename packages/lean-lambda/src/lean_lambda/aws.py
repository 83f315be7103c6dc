"""A small client for the AWS services that speak JSON.

It does what a function needs of an SDK and no more: Signature Version 4, credentials from the
environment or from the container endpoint (SnapStart), one kept-alive connection, timeouts, and
retries that end before the invocation does. It exists because loading boto3 costs several times the
rest of a cold start. `AWS_CLIENT=boto3` swaps in boto3 behind the same `call`, and so does any
setting listed in `_needs_boto3`, which this client does not carry out.

A retry may follow a request whose reply was lost, so AWS may carry out a call twice. That is
harmless for reads and for writes that set a value. A conditional write can fail on the trace of its
own first try: put a token of your own in the item, ask for `ReturnValuesOnConditionCheckFailure`
and look at `AwsError.detail["Item"]`, as `idempotency.py` does.

Threads may share a client: a connection is taken out of the pool for the time of a call.
"""

import hmac
import os
import select
import ssl
import time
from collections.abc import Callable, Mapping
from email.utils import mktime_tz, parsedate_tz
from functools import cache, lru_cache
from hashlib import sha256
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPMessage,
    HTTPResponse,
    HTTPSConnection,
    responses,
)
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote, urlsplit
from zlib import crc32

import msgspec

from . import errors
from .deadline import (
    ATTEMPTS,
    BACKOFF_S,
    CONNECT_S,
    PATIENCE_S,
    READ_S,
    SHORTEST_S,
    refuse_when_late,
    time_for_a_call,
)
from .errors import is_retryable
from .snapshot import before_snapshot, chance

AwsError = errors.AwsError

# botocore's service name: prefix of the target, JSON version, name in AWS_ENDPOINT_URL_<NAME>
SERVICES = {
    "dynamodb": ("DynamoDB_20120810", "1.0", "DYNAMODB"),
    "events": ("AWSEvents", "1.1", "EVENTBRIDGE"),
    "secretsmanager": ("secretsmanager", "1.1", "SECRETS_MANAGER"),
    "sqs": ("AmazonSQS", "1.0", "SQS"),
    "ssm": ("AmazonSSM", "1.1", "SSM"),
}
# A region's name begins with its partition; all others are in amazonaws.com.
DNS_SUFFIXES = {
    "cn-": "amazonaws.com.cn",
    "eusc-": "amazonaws.eu",
    "eu-isoe-": "cloud.adc-e.uk",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
}
EXPIRED_CODES = {"ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException"}
SKEW_CODES = {
    *("InvalidSignatureException", "RequestExpired", "RequestTimeTooSkewed"),
    "SignatureDoesNotMatch",
}
CONTAINER_HOSTS = {"127.0.0.1", "localhost", "::1", "169.254.170.2", "169.254.170.23"}

# Amazon's root certificates, put here by the packager: reading these five in place of the image's
# 145 saves more than an empty function costs. It is for speed, not for trust: see `_connected`.
ROOTS = os.path.join(os.path.dirname(__file__), "amazon_roots.pem")  # noqa: PTH118, PTH120 (as below)

REFRESH_S = 300.0  # credentials are renewed this long before they expire
IDLE_S = 50.0  # a connection idle for longer may have been dropped without a word
SKEW_S = 60.0  # a clock wrong by less is not why a signature was refused
BACKOFF_CAP_S = 2.0
NO_HEADERS: Mapping[str, str] = {}


class Aws(Protocol):
    """What the rest of the code knows of AWS: one call, with the payload of the wire."""

    def call(self, service: str, operation: str, payload: dict[str, Any]) -> dict[str, Any]: ...


class Credentials(NamedTuple):
    access_key: str
    secret_key: str
    token: str = ""
    expires: float = float("inf")


class Endpoint(NamedTuple):
    secure: bool
    hostname: str
    port: int | None
    host: str  # the header
    path: str


@cache
def connect() -> Aws:
    """The client of this execution environment."""
    chosen = os.environ.get("AWS_CLIENT", "thin")
    if chosen not in ("thin", "boto3"):
        raise ValueError(f"AWS_CLIENT must be thin or boto3, not {chosen!r}")
    if chosen == "boto3" or _needs_boto3():
        from .sdk import Boto3Aws  # slow to import

        return Boto3Aws()
    return ThinAws()


def _needs_boto3() -> bool:
    env = os.environ
    proxy = env.get("HTTPS_PROXY") or env.get("https_proxy")
    return (
        bool(proxy and not env.get("AWS_ENDPOINT_URL", "").startswith("http:"))
        or env.get("AWS_USE_FIPS_ENDPOINT", "").lower() == "true"
        or env.get("AWS_USE_DUALSTACK_ENDPOINT", "").lower() == "true"
    )


class ThinAws:
    def __init__(
        self,
        *,
        connect_s: float = CONNECT_S,
        read_s: float = READ_S,
        attempts: int = ATTEMPTS,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = chance,
    ) -> None:
        self._connect_s = connect_s
        self._read_s = read_s
        self._attempts = attempts
        self._patience_s = patience_s
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._skew = 0.0
        self._credentials: Credentials | None = None
        self._endpoints: dict[str, Endpoint] = {}
        self._idle: dict[Endpoint, list[tuple[float, HTTPConnection]]] = {}
        self._tls: ssl.SSLContext | None = None
        self._roots = _bundled_roots()
        before_snapshot(self.forget)

    def forget(self) -> None:
        """Drop connections and credentials; the next call makes new ones."""
        for idle in self._idle.values():
            for _, connection in idle:
                connection.close()
        self._idle.clear()
        self._credentials = None
        _signing_key.cache_clear()

    def call(self, service: str, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        target, version, _ = SERVICES[service]
        headers = {
            "content-type": f"application/x-amz-json-{version}",
            "x-amz-target": f"{target}.{operation}",
        }
        if service == "sqs":  # asks for the error codes that boto3 shows
            headers["x-amzn-query-mode"] = "true"
        body = msgspec.json.encode(payload)
        return self.send(service, operation, "POST", read=_decode, headers=headers, body=body)

    def send[Reply](
        self,
        service: str,
        operation: str,
        method: str,
        path: str = "",
        query: str = "",
        *,
        read: Callable[[HTTPMessage, bytes], Reply],
        headers: Mapping[str, str] = NO_HEADERS,
        body: bytes = b"",
        signed_as: str = "",
        attempts: int = 0,
    ) -> Reply:
        """What `read` makes of the headers and body that answer a request of any form.

        Header names are in lower case, path and query in canonical form. `signed_as` is the name
        that the service has in signatures, if another; `attempts` how often to try at most.
        """
        endpoint = self._endpoints.get(service) or self._endpoints.setdefault(
            service, find_endpoint(service)
        )
        path = endpoint.path.rstrip("/") + path if path else endpoint.path
        headers = {**headers, "host": endpoint.host}
        began = self._clock()
        attempt, repaired = 1, set[str]()
        while True:
            try:
                credentials = self._current_credentials()
                signed = sign(
                    method, path, query, headers, body,
                    credentials=credentials, region=_region(), service=signed_as or service,
                    at=self._clock() + self._skew,
                )  # fmt: skip
                target = f"{path}?{query}" if query else path
                signed |= _trace()
                status, head, raw = self._exchange(endpoint, method, target, signed, body)
                if status < 300:
                    return read(head, raw)
                error = _failure(status, head, raw)
                if error.code not in repaired and self._repair(error, head, credentials):
                    repaired.add(error.code)
                    continue
                raise error
            except AwsError as error:
                waited, last = self._clock() - began, attempts or self._attempts
                pause = self._jitter() * min(BACKOFF_CAP_S, BACKOFF_S * 2 ** (attempt - 1))
                late = waited > self._patience_s or time_for_a_call() < pause + SHORTEST_S
                if not error.retryable or attempt >= last or late:
                    error.add_note(f"{service} {operation}, attempt {attempt}")
                    raise
            self._sleep(pause)
            attempt += 1

    def _current_credentials(self) -> Credentials:
        known, now = self._credentials, self._clock()
        if known is None or known.expires - REFRESH_S < now:
            try:
                self._credentials = known = load_credentials()
            except AwsError:
                if known is None or known.expires <= now:
                    raise
        return known

    def _repair(self, error: AwsError, head: HTTPMessage, used: Credentials) -> bool:
        """Whether the cause of a refusal was put right, so that the call may go again at once."""
        if error.code in EXPIRED_CODES:
            self._credentials = load_credentials()
            return self._credentials != used
        if error.code in SKEW_CODES and (date := parsedate_tz(head.get("date"))):
            before, self._skew = self._skew, mktime_tz(date) - self._clock()
            return abs(self._skew - before) > SKEW_S
        return False

    def _exchange(
        self, endpoint: Endpoint, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, HTTPMessage, bytes]:
        connection: HTTPConnection | None = None
        refuse_when_late()
        try:
            connection = self._idle_connection(endpoint) or self._new_connection(endpoint)
            connection.sock.settimeout(max(SHORTEST_S, min(self._read_s, time_for_a_call())))
            # In one write: `connection.request` sends head and body apart, a TLS record each.
            connection.send(_head(method, target, headers, len(body)) + body)
            response = HTTPResponse(connection.sock, method=method)
            response.begin()
            raw = response.read()
        except (OSError, HTTPException) as error:
            if connection:
                connection.close()
            self._idle.pop(endpoint, None)  # the others are no better
            raise AwsError("ConnectionError", repr(error), retryable=True) from error
        if response.will_close:
            connection.close()
        else:
            self._idle.setdefault(endpoint, []).append((self._clock(), connection))
        return response.status, response.headers, raw

    def _idle_connection(self, endpoint: Endpoint) -> HTTPConnection | None:
        idle = self._idle.get(endpoint, [])
        while idle:
            since, connection = idle.pop()
            # Something to read on an idle connection is the server's goodbye.
            readable, _, _ = select.select([connection.sock], [], [], 0)
            if not readable and self._clock() - since <= IDLE_S:
                return connection
            connection.close()
        return None

    def _new_connection(self, endpoint: Endpoint) -> HTTPConnection:
        try:
            return self._connected(endpoint)
        except ssl.SSLCertVerificationError:
            if not self._roots:
                raise
            # The service's chain ends at another root: from now on trust what the system trusts.
            self._roots, self._tls = None, None
            return self._connected(endpoint)

    def _connected(self, endpoint: Endpoint) -> HTTPConnection:
        wait_s = min(self._connect_s, time_for_a_call() / 2)  # for TCP, and again for TLS
        connection = HTTPConnection(endpoint.hostname, endpoint.port, timeout=wait_s)
        if endpoint.secure:
            if self._tls is None:  # reading the CA bundle is dear: once for all endpoints
                bundle = os.environ.get("AWS_CA_BUNDLE") or self._roots
                self._tls = ssl.create_default_context(cafile=bundle)
            connection = HTTPSConnection(
                endpoint.hostname, endpoint.port, timeout=wait_s, context=self._tls
            )
        connection.connect()
        return connection


def _trace() -> dict[str, str]:
    """The trace of the invocation, which Lambda's runtime puts into the environment each time.

    With it Lambda finds loops through queues, and X-Ray follows a message to its consumer. It is no
    part of the signature, as with botocore (`handlers.add_recursion_detection_header` and
    `auth.SIGNED_HEADERS_BLACKLIST`). SQS takes the header for all messages of a request, so they
    need no `AWSTraceHeader`: docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
    """
    trace = os.environ.get("_X_AMZN_TRACE_ID")
    if not trace or "AWS_LAMBDA_FUNCTION_NAME" not in os.environ:
        return {}
    return {"x-amzn-trace-id": quote(trace, safe="-=;:+&[]{}\"',")}


def _head(method: str, target: str, headers: Mapping[str, str], length: int) -> bytes:
    values = (target, *headers.values())
    if not all(value.isascii() and value.isprintable() for value in values):
        raise AwsError("BadRequest", "a header would hold a line break or a letter beyond ASCII")
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    fixed = f"accept-encoding: identity\r\ncontent-length: {length}"
    return f"{method} {target} HTTP/1.1\r\n{lines}{fixed}\r\n\r\n".encode()


def _bundled_roots() -> str | None:
    """The packaged roots, unless they are missing or the environment says whom to trust."""
    chosen = ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_ENDPOINT_URL")
    if any(value and name.startswith(chosen) for name, value in os.environ.items()):
        return None
    return ROOTS if os.path.exists(ROOTS) else None  # noqa: PTH110 (pathlib costs an import)


def sign(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    credentials: Credentials,
    region: str,
    service: str,
    at: float,
) -> dict[str, str]:
    """The headers with a Signature Version 4 added.

    Header names are in lower case; path and query are in canonical form (`/` and empty here).
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
    signed = {**headers, "x-amz-date": stamp}
    if credentials.token:
        signed["x-amz-security-token"] = credentials.token
    names = sorted(signed)
    canonical = "\n".join(
        (
            method,
            path,
            query,
            *(f"{name}:{' '.join(signed[name].split())}" for name in names),
            "",
            ";".join(names),
            sha256(body).hexdigest(),
        )
    )
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
    key = _signing_key(credentials.secret_key, scope)
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    signed["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return signed


@lru_cache(maxsize=8)  # a day's keys, one for each service: making one is half of a signature
def _signing_key(secret_key: str, scope: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def load_credentials() -> Credentials:
    env = os.environ
    if env.get("AWS_ACCESS_KEY_ID") and env.get("AWS_SECRET_ACCESS_KEY"):
        token = env.get("AWS_SESSION_TOKEN", "")
        return Credentials(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], token)
    if not (url := env.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")):
        message = "none in the environment (AWS_CLIENT=boto3 also reads profiles)"
        raise AwsError("NoCredentialsError", message)
    parts = urlsplit(url)
    if parts.hostname not in CONTAINER_HOSTS:  # the token must not leave this machine
        raise AwsError("NoCredentialsError", f"{parts.hostname} is not a container endpoint")
    token = env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
    try:
        if file := env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
            with open(file) as stream:  # noqa: PTH123 (pathlib costs an import)
                token = stream.read()
        connection = HTTPConnection(parts.hostname, parts.port, timeout=2)
        headers = {"Authorization": token.strip()} if token else {}
        connection.request("GET", url[url.index("/", 8) :], headers=headers)
        reply = connection.getresponse()
        body = reply.read()
        connection.close()
        found = msgspec.json.decode(body)
        from datetime import datetime  # seldom needed

        return Credentials(
            found["AccessKeyId"],
            found["SecretAccessKey"],
            found["Token"],
            datetime.fromisoformat(found["Expiration"]).timestamp(),
        )
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        # The class only: a bad body may hold half of a key.
        raise AwsError("CredentialsError", type(error).__name__, retryable=True) from None


def find_endpoint(service: str) -> Endpoint:
    name = SERVICES[service][2] if service in SERVICES else service.upper()
    env = os.environ
    url = env.get(f"AWS_ENDPOINT_URL_{name}") or env.get("AWS_ENDPOINT_URL")
    if not url:
        region = _region()
        special = (suffix for start, suffix in DNS_SUFFIXES.items() if region.startswith(start))
        url = f"https://{service}.{region}.{next(special, 'amazonaws.com')}"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AwsError("BadEndpoint", f"AWS_ENDPOINT_URL: {url!r} is not an http(s) URL")
    secure = parts.scheme == "https"
    host = parts.netloc.rpartition("@")[2].removesuffix(":443" if secure else ":80")
    return Endpoint(secure, parts.hostname, parts.port, host, parts.path or "/")


def _region() -> str:
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise AwsError("NoRegionError", "AWS_REGION is not set")
    return region


def _decode(head: HTTPMessage, raw: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(raw or b"{}")
        expected = head.get("x-amz-crc32")  # DynamoDB
        if isinstance(value, dict) and (not expected or crc32(raw) == int(expected)):
            return value
    except ValueError:
        pass
    raise AwsError("BadReply", "damaged on the way", status=200, retryable=True)


def _failure(status: int, head: HTTPMessage, raw: bytes) -> AwsError:
    try:
        detail = msgspec.json.decode(raw)
    except ValueError:
        detail = None
    if not isinstance(detail, dict):  # a load balancer's page, or nothing
        detail = {"message": responses.get(status, "")}
    code = str(detail.pop("__type", "") or head.get("x-amzn-errortype", ""))
    code = code.partition(":")[0].rpartition("#")[2] or str(status)
    code = head.get("x-amzn-query-error", code).partition(";")[0]  # SQS
    message = str(detail.pop("message", "") or detail.pop("Message", ""))
    retryable = is_retryable(code, status)
    return AwsError(code, message, status=status, retryable=retryable, detail=detail)
