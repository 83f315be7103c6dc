"""Files of orders in S3, read through boto3, which the Lambda runtime brings."""

from collections.abc import Iterator
from typing import Any


class S3OrderFiles:
    """Reads files line by line, without holding the whole of one in memory."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def lines(self, bucket: str, key: str) -> Iterator[bytes]:
        """The file's lines."""
        body = self._s3.get_object(Bucket=bucket, Key=key)["Body"]
        try:
            yield from body.iter_lines()
        finally:
            body.close()
