"""Parameters of SSM and secrets of Secrets Manager, read once and kept for a while."""

import time
from collections.abc import Callable

from .aws import Aws, AwsError
from .snapshot import before_snapshot


class SecretRejected(Exception):  # noqa: N818
    """Raised by a function given to `Secret.use` when the other side refuses the secret."""


class _Kept:
    """A value that is read when first asked for, and again when older than its time to live."""

    def __init__(
        self, read: Callable[[], str], ttl: float, floor: float, clock: Callable[[], float]
    ) -> None:
        self._read = read
        self._ttl = ttl
        self._floor = floor
        self._clock = clock
        self._value: str | None = None
        self._tried = self._fetched = 0.0

    def get(self) -> str:
        return self._reread(older_than=self._ttl)

    def refresh(self) -> str:
        return self._reread(older_than=self._floor)

    def forget(self) -> None:
        self._value = None

    def _reread(self, older_than: float) -> str:
        now = self._clock()
        if self._value is None:
            self._value = self._read()
            self._tried = self._fetched = now
        elif now - self._fetched >= older_than and now - self._tried >= self._floor:
            self._tried = now
            try:
                self._value = self._read()
            except AwsError as error:
                if not error.retryable:
                    raise
                return self._value  # better the last value than none, until the service is back
            self._fetched = now
        return self._value


class Parameters:
    """SSM parameters below one path: `get("orders/page-size")`."""

    def __init__(
        self,
        aws: Aws,
        path: str,
        ttl: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
        floor: float = 10.0,
    ) -> None:
        self._aws = aws
        self._path = path.rstrip("/")
        self._ttl = ttl
        self._clock = clock
        self._floor = floor
        self._kept: dict[str, _Kept] = {}
        before_snapshot(self._kept.clear)

    def get(self, name: str) -> str:
        if name not in self._kept:
            self._kept[name] = _Kept(lambda: self._read(name), self._ttl, self._floor, self._clock)
        return self._kept[name].get()

    def _read(self, name: str) -> str:
        payload = {"Name": f"{self._path}/{name}", "WithDecryption": True}
        reply = self._aws.call("ssm", "GetParameter", payload)
        return str(reply["Parameter"]["Value"])


class Secret:
    """A secret that may be rotated at any time.

    `floor` is the least time in seconds between two reads, so that a flood of bad tokens, each of
    which looks like a rotated secret, does not become a flood of reads.
    """

    def __init__(
        self,
        aws: Aws,
        secret_id: str,
        ttl: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
        floor: float = 10.0,
    ) -> None:
        self._aws = aws
        self._secret_id = secret_id
        self._kept = _Kept(self._read, ttl, floor, clock)
        before_snapshot(self._kept.forget)

    def value(self) -> str:
        return self._kept.get()

    def refresh(self) -> str:
        """The value read anew, or the one kept if it was read less than `floor` seconds ago."""
        return self._kept.refresh()

    def use[Result](
        self,
        fn: Callable[[str], Result],
        *,
        rejected: Callable[[Result], bool] = lambda _: False,
    ) -> Result:
        """Call `fn` with the secret; if that is refused, once more with a secret read anew.

        Refused means that `rejected(result)` is true or `fn` raised `SecretRejected`. When the
        secret has not changed the refusal stands.
        """
        value = self.value()
        try:
            result = fn(value)
            if not rejected(result) or (anew := self.refresh()) == value:
                return result
        except SecretRejected:
            if (anew := self.refresh()) == value:
                raise
        return fn(anew)

    def _read(self) -> str:
        reply = self._aws.call("secretsmanager", "GetSecretValue", {"SecretId": self._secret_id})
        return str(reply["SecretString"])
