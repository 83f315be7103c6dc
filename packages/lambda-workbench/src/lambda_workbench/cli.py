"""How a tool ends: errors a person can fix are one line, not a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable

from lambda_workbench.errors import ToolError


def guarded(main: Callable[[], None]) -> None:
    """Run a tool's main function."""
    try:
        main()
    except ToolError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        # What AWS refuses, also where boto3 itself is not installed.
        if type(error).__module__.partition(".")[0] != "botocore":
            raise
        sys.exit(f"error: {error}")
    finally:
        sys.stdout.flush()  # what was printed comes before why it ended, also in a file or a pipe
