"""`make sbom`: exactly what is shipped, in a form that the schema accepts, the same every time."""

import json
import zipfile
from typing import Any

from tests import support
from tests.operations.conftest import Tools

# The schema comes with a library that the project has for its audit.
VALIDATE = """\
import sys
from pathlib import Path
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

print(JsonStrictValidator(SchemaVersion.V1_5).validate_str(Path(sys.argv[1]).read_text()))
"""


def bill(project: Tools) -> dict[str, Any]:
    done = project.run("sbom")
    assert not done.failure, done.failure
    found: dict[str, Any] = json.loads((project.project / "dist" / "sbom.cdx.json").read_text())
    return found


def fault(project: Tools) -> str:
    (project.project / "try_schema.py").write_text(VALIDATE)
    return project.run("try_schema", "dist/sbom.cdx.json").output.strip()


def test_it_is_what_is_in_the_packages_and_fits_the_schema(project: Tools) -> None:
    project.edit("pyproject.toml", '"msgspec>=0.20",', '"msgspec>=0.20", "boto3", "idna",')
    done = support.run([support.UV, "lock", "--quiet"], cwd=project.project)
    assert not done.failure, done.failure
    assert not project.run("package", "--local").failure

    first = bill(project)

    assert fault(project) == "None"
    with zipfile.ZipFile(project.project / "dist" / "local" / "queue.zip") as archive:
        shipped = {name.split("/")[0] for name in archive.namelist()}
    parts = {part["name"]: part for part in first["components"]}
    assert {"lean-lambda", "msgspec", "idna"} <= set(parts)
    assert {name.replace("-", "_") for name in parts} & shipped == {
        "lean_lambda",
        "msgspec",
        "idna",
    }
    assert not {"boto3", "botocore", "pytest"} & set(parts)  # the runtime's, and development's
    copied = {"name": "uv:workspace:path", "value": "vendor/lean-lambda"}
    assert parts.pop("lean-lambda")["properties"] == [copied]
    for part in parts.values():
        assert part["purl"] == f"pkg:pypi/{part['name']}@{part['version']}"
        assert part["externalReferences"][0]["hashes"][0]["alg"] == "SHA-256"
    assert bill(project) == first

    path = project.project / "dist" / "sbom.cdx.json"
    path.write_text(json.dumps({**first, "serialNumber": "no number"}))
    assert "no number" in fault(project)
