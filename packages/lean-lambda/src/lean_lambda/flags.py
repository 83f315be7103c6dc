"""Feature flags of AWS AppConfig: switched while the service runs, without a deployment.

    flags = connect_flags(settings.flags)
    if flags.enabled("take-orders", default=True): ...

Flags are read when one is first asked for, and again when what is known is older than `ttl`.
A service must not stand still because its flags cannot be read: then the last known values hold,
and before there are any, the default that is given where the flag is asked for.
"""

import json
import time
from collections.abc import Callable
from http.client import HTTPMessage
from typing import Annotated, Any, NamedTuple, Protocol
from urllib.parse import quote

from msgspec import Meta

from .aws import Aws, ThinAws, connect
from .log import logger

FlagsPath = Annotated[
    str,
    Meta(
        pattern=r"^[^/\s]+/[^/\s]+/[^/\s]+\Z",
        description="application/environment/profile of AppConfig",
    ),
]
SERVICE = "appconfigdata"
TTL_S = 60.0
LEAST_POLL_S = 15  # AppConfig takes no less


class Latest(NamedTuple):
    """An answer of AppConfig: the token for the next question, and the flags if they changed."""

    token: str
    document: bytes  # empty: as before


class FlagSource(Protocol):
    """Where flags come from."""

    def start(self) -> str:
        """The first token of a session."""
        ...

    def latest(self, token: str) -> Latest:
        """What is new since the token was given; a token is good for one call."""
        ...


class Flags:
    """Flags that are read at most once per `ttl` seconds."""

    def __init__(
        self, source: FlagSource, ttl: float = TTL_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._source = source
        self._ttl = ttl
        self._clock = clock
        self._tried: float | None = None
        self._token = ""
        self._known: dict[str, Any] = {}

    def enabled(self, name: str, *, default: bool = False) -> bool:
        """Whether a flag is on; `default` while nothing is known of a flag of this name."""
        now = self._clock()
        if self._tried is None or now - self._tried >= self._ttl:
            self._tried = now  # also when it fails: one attempt per ttl, not one per request
            self._refresh()
        flag = self._known.get(name)
        enabled = flag.get("enabled") if isinstance(flag, dict) else None
        return enabled if isinstance(enabled, bool) else default

    def _refresh(self) -> None:
        token, self._token = self._token, ""  # after a failure a new session is started
        try:
            latest = self._source.latest(token or self._source.start())
            if latest.document:
                self._known = dict(json.loads(latest.document))
        except Exception as error:  # whatever it is, the service goes on
            logger.warning("flags not read", extra={"error": repr(error)})
        else:
            self._token = latest.token


def connect_flags(path: str, ttl: float = TTL_S) -> Flags:
    """The flags at `application/environment/profile`, through this environment's client."""
    return Flags(AppConfig(connect(), path), ttl)


class AppConfig:
    """Flags from AppConfig's data plane, which speaks REST where other services speak JSON."""

    def __init__(self, aws: Aws, path: str) -> None:
        self._aws = aws
        names = ("ApplicationIdentifier", "EnvironmentIdentifier", "ConfigurationProfileIdentifier")
        self._session: dict[str, Any] = dict(zip(names, path.split("/"), strict=True))
        self._session["RequiredMinimumPollIntervalInSeconds"] = LEAST_POLL_S

    def start(self) -> str:
        if not isinstance(self._aws, ThinAws):
            reply = self._aws.call(SERVICE, "StartConfigurationSession", self._session)
            return str(reply["InitialConfigurationToken"])
        return self._aws.send(
            SERVICE,
            "StartConfigurationSession",
            "POST",
            "/configurationsessions",
            headers={"content-type": "application/json"},
            body=json.dumps(self._session).encode(),
            signed_as="appconfig",
            attempts=1,
            read=lambda _, raw: str(json.loads(raw)["InitialConfigurationToken"]),
        )

    def latest(self, token: str) -> Latest:
        if not isinstance(self._aws, ThinAws):
            reply = self._aws.call(SERVICE, "GetLatestConfiguration", {"ConfigurationToken": token})
            return Latest(reply["NextPollConfigurationToken"], reply["Configuration"].read())
        return self._aws.send(
            SERVICE,
            "GetLatestConfiguration",
            "GET",
            "/configuration",
            f"configuration_token={quote(token, safe='-_.~')}",
            signed_as="appconfig",
            attempts=1,
            read=_latest,
        )


def _latest(head: HTTPMessage, raw: bytes) -> Latest:
    return Latest(str(head.get("next-poll-configuration-token", "")), raw)
