"""The environment of everything local: invented credentials, this project's region.

Nothing here can reach an AWS account, whatever profile the developer has active.
"""

from __future__ import annotations

import os

from lambda_workbench.project import project

ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105  # pragma: allowlist secret

_FORGOTTEN = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_ENDPOINT_URL",
)


def local_environment() -> dict[str, str]:
    """The variables that keep AWS clients on this machine."""
    region = project().region
    return {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def enter_local_environment() -> None:
    """Switch this process over to the local environment."""
    for name in _FORGOTTEN:
        os.environ.pop(name, None)
    os.environ.update(local_environment())
    # A proxy must not come between the tools and 127.0.0.1.
    for name in ("NO_PROXY", "no_proxy"):
        known = [os.environ[name]] if os.environ.get(name) else []
        os.environ[name] = ",".join([*known, "127.0.0.1", "localhost"])
