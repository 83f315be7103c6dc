"""A deployed service as end-to-end tests drive it: fixtures of pytest, and its sources of events.

make e2e                  builds, deploys to an emulator of its own, tests
make e2e STAGE=staging    tests the stage that is deployed, with your AWS credentials
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from lambda_workbench.local.local_env import enter_local_environment
from lambda_workbench.local.local_stack import deploy
from lambda_workbench.local.streams import Driver
from lambda_workbench.operate import sources
from lambda_workbench.operate.failures import FailureStore, failure_stores
from lambda_workbench.operate.flags import FlagSet
from lambda_workbench.operate.redrive import StaysError, records_again
from lambda_workbench.operate.service import Service, wait_until
from lambda_workbench.operate.sources import (
    Answer,
    Api,
    decoded,
    fire_schedule,
    publish,
    put_event,
    put_item,
    put_object,
    put_records,
    send_messages,
)
from lambda_workbench.operate.stages import LOCAL
from lambda_workbench.operate.stream_failures import failed_event, forget, keys
from lambda_workbench.packaging.package import build
from lambda_workbench.project import LOCAL_DIST

__all__ = [
    "Answer",
    "Api",
    "FailureStore",
    "FlagSet",
    "Service",
    "StaysError",
    "decoded",
    "failed_event",
    "failure_stores",
    "find_failure",
    "fire_schedule",
    "forget",
    "keys",
    "poison_allowed",
    "publish",
    "put_event",
    "put_item",
    "put_object",
    "put_records",
    "records_again",
    "send_messages",
    "service",
    "wait_until",
]


@pytest.fixture(scope="session")
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    """The service under test: deployed here and now, or the stage in $STAGE."""
    stage = os.environ.get("STAGE") or LOCAL
    if stage != LOCAL:
        yield Service(stage)
        return
    enter_local_environment()
    emulator = request.getfixturevalue("emulator")
    build(LOCAL_DIST, LOCAL, local=True)
    deploy(emulator.endpoint)
    with Driver(emulator.endpoint):
        yield Service(LOCAL, emulator.endpoint)


@pytest.fixture
def poison_allowed(service: Service) -> None:
    """Skips a test that waits for retries to run out, which takes a deployed stage very long."""
    if not service.is_local and not os.environ.get("E2E_POISON"):
        pytest.skip("retries take many minutes on AWS: set E2E_POISON=1 to wait for them")


@pytest.fixture
def find_failure(service: Service) -> Callable[[str, str], str]:
    """Waits for a message with some text on the queue that takes what failed."""

    def find(url: str, text: str) -> str:
        def look() -> str:
            found = [body for body in sources.sqs_bodies(service, url) if text in body]
            return found[0] if found else ""

        return str(wait_until(f"{text} arrives at {url}", look, 60 if service.is_local else 1800))

    return find
