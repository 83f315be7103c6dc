"""The runtime of the template, importable without rendering: its modules hold no Jinja."""

import importlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support import ROOT

TEMPLATE = ROOT / "template"
MODULES = ("aws", "deadline", "errors", "idempotency", "parameters", "sdk", "snapshot")
KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def _copied(folder: Path) -> None:
    package = folder / "thin_runtime"
    package.mkdir()
    for name in MODULES:
        source = TEMPLATE / "src" / "{{ package_name }}" / "runtime" / f"{name}.py"
        shutil.copy(source, package)
    (package / "__init__.py").touch()


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("runtime")
    _copied(folder)
    sys.path.insert(0, str(folder))
    yield "thin_runtime"
    sys.path.remove(str(folder))


@pytest.fixture(scope="session")
def aws(runtime: str) -> ModuleType:
    return importlib.import_module(f"{runtime}.aws")


@pytest.fixture(scope="session")
def sdk(runtime: str) -> ModuleType:
    return importlib.import_module(f"{runtime}.sdk")


@pytest.fixture(scope="session")
def scripted() -> ModuleType:
    """The scripted server that generated projects test with."""
    path = TEMPLATE / "tests" / "fakes" / "scripted_server.py"
    spec = importlib.util.spec_from_file_location("scripted_server", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look here
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def lambda_environment(monkeypatch: pytest.MonkeyPatch, sdk: ModuleType) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    sdk.boto3_client.cache_clear()
    yield
    sdk.boto3_client.cache_clear()


@pytest.fixture
def server(
    scripted: ModuleType,
    lambda_environment: None,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Any]:
    with scripted.ScriptedServer() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        yield server
