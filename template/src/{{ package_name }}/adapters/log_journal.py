"""The journal of business days, in the log."""

from datetime import date

from lean_lambda.log import logger


class LogJournal:
    """Writes the end of a day as a log line."""

    def close(self, day: date) -> None:
        """Write that `day` is over."""
        logger.info("day closed", extra={"day": day.isoformat()})
