"""What is in a package: what the function needs, for its platform, and nothing else."""

import re
import shutil
import struct
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from tests.package.conftest import Locked, Package, manifest_of

MACHINES = {"x86_64": 62, "arm64": 183}


def names(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as opened:
        return set(opened.namelist())


def machine_of(binary: bytes) -> int:
    assert binary[:4] == b"\x7fELF"
    return int(struct.unpack_from("<H", binary, 18)[0])


def test_a_zip_has_the_code_of_its_function_and_the_dependencies(
    locked: Locked, package: Package
) -> None:
    project = locked()
    assert not package(project).failure
    found = names(project / "dist/api.zip")
    assert "order_service/handlers/api.py" in found
    assert "order_service/handlers/queue.py" not in found
    assert "order_service/openapi.json" not in found
    assert "order_service/handlers/openapi.json" in found
    assert {PurePosixPath(name).parts[0] for name in found if ".dist-info" not in name} == {
        "lean_lambda",
        "msgspec",
        "order_service",
    }
    assert not [name for name in found if re.search(r"/tests?/|\.pyi$|METADATA$|^bin/", name)]


@pytest.mark.parametrize("packaging", ["zip", "layer", "image"])
def test_every_module_has_bytecode_that_is_not_checked_again(
    packaging: str, locked: Locked, package: Package, tmp_path: Path
) -> None:
    project = locked(packaging=packaging)
    assert not package(project).failure
    unpacked = project / "dist/image"
    if packaging != "image":
        unpacked = tmp_path / "unpacked"
        for archive in (project / "dist").glob("*.zip"):
            shutil.unpack_archive(archive, unpacked / archive.stem)
    modules = [path for path in unpacked.rglob("*.py") if "licenses" not in path.parts]
    assert len(modules) > 20
    for module in modules:
        compiled = module.parent / "__pycache__" / f"{module.stem}.cpython-313.pyc"
        # The flags of PEP 552: made from a hash of the source, and never compared with it.
        assert compiled.read_bytes()[4:8] == b"\x01\0\0\0", module


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_compiled_code_is_for_the_processor_and_python_of_the_function(
    architecture: str, locked: Locked, package: Package
) -> None:
    project = locked(architecture=architecture)
    assert not package(project).failure
    with zipfile.ZipFile(project / "dist/queue.zip") as archive:
        libraries = [name for name in archive.namelist() if ".so" in name]
        assert libraries
        for name in libraries:
            assert machine_of(archive.read(name)) == MACHINES[architecture]
            assert ".cpython-313-" in name


def test_compiled_code_for_another_platform_stops_the_build(
    locked: Locked, package: Package
) -> None:
    project = locked(architecture="arm64")
    elf = bytearray(b"\x7fELF\x02\x01\x01".ljust(64, b"\0"))
    struct.pack_into("<H", elf, 18, MACHINES["x86_64"])
    adapters = project / "src/order_service/adapters"
    (adapters / "fast.cpython-312-x86_64-linux-gnu.so").write_bytes(elf)
    (adapters / "slow.cpython-313-darwin.so").write_bytes(b"\xcf\xfa\xed\xfe".ljust(64, b"\0"))
    done = package(project)
    assert done.code == 1
    for said in (
        "ApiFunction could not run:",
        "fast.cpython-312-x86_64-linux-gnu.so is for x86_64; the function runs on arm64",
        "fast.cpython-312-x86_64-linux-gnu.so is for Python 3.12; the function runs on Python 3.13",
        "slow.cpython-313-darwin.so is for another system; the function runs on Linux",
    ):
        assert said in done.output


def test_a_layer_has_the_dependencies_and_the_zips_own_code_only(
    locked: Locked, package: Package
) -> None:
    project = locked(packaging="layer")
    assert not package(project).failure
    layer = names(project / "dist/layer.zip")
    assert {name.split("/")[0] for name in layer} == {"python"}
    assert "python/msgspec/__init__.py" in layer
    for function in ("api", "queue"):
        code = names(project / f"dist/{function}.zip")
        assert {name.split("/")[0] for name in code} == {"lean_lambda", "order_service"}
    found = manifest_of(project)
    assert found["layer"]["zip"] == "layer.zip"
    assert found["layer"]["logical_id"] == "DependenciesLayer"
    assert found["functions"]["api"]["layers"] == ["DependenciesLayer"]


def test_a_function_of_the_team_without_the_layer_brings_its_dependencies(
    locked: Locked, package: Package
) -> None:
    project = locked(packaging="layer")
    (project / "template.override.yaml").write_text(
        "Globals: {Function: {Layers: null}}\n"
        "Resources:\n"
        "  ApiFunction: {Properties: {Layers: [!Ref DependenciesLayer]}}\n"
    )
    assert not package(project).failure
    assert "msgspec/__init__.py" not in names(project / "dist/api.zip")
    assert "msgspec/__init__.py" in names(project / "dist/queue.zip")


def test_functions_of_two_architectures_cannot_share_a_layer(
    locked: Locked, package: Package
) -> None:
    project = locked(packaging="layer", architecture="arm64")
    (project / "template.override.yaml").write_text(
        'Resources: {QueueFunction: {Properties: {Architectures: !Split [",", "x86_64"]}}}'
    )
    done = package(project)
    assert done.code == 1
    assert "layer.zip is for one runtime and architecture" in done.output
    assert "QueueFunction python3.13 x86_64" in done.output


def test_the_budget_counts_a_function_and_its_layer_together(
    locked: Locked, package: Package
) -> None:
    project = locked(packaging="layer")
    settings = project / "pyproject.toml"
    settings.write_text(settings.read_text().replace("kilobytes = 1000", "kilobytes = 250"))
    dist = project / "dist"
    done = package(project)
    assert done.code == 1
    assert all((dist / name).stat().st_size < 265_000 for name in ("api.zip", "layer.zip"))
    assert re.search(r"api is [34]\d\d kB zipped; its budget is 250 kB", done.output)
    assert "kB in msgspec" in done.output
    assert "unzip -v dist/api.zip && unzip -v dist/layer.zip" in done.output
