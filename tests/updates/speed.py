"""What costs Copier time and makes no difference here, where the same template is rendered hundreds
of times. `test_speed.py` compares an update with one by Copier as it is.

- For each of the three copies in an update it compiles every file, name and question anew, and for
  each file of each copy it asks Git whether modes of files count.
- It clones the template five times in an update.
- Git waits for the disk at every object.
- It renders the old and the new version into empty folders, to compare. What comes out depends on
  the version and the answers alone, which are the same for many projects here.
"""

import copy
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import copier._template
import copier._vcs
import pytest
from copier._main import Worker
from jinja2 import Environment

COMPARED = ("copier._main.old_copy.", "copier._main.new_copy.")


@contextmanager
def quicker() -> Iterator[None]:
    """Within this context nothing is compiled, cloned or rendered for comparison twice. A template
    that changes has to be committed."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as kept:
        _compile_once(patch)
        _clone_once(patch, Path(kept))
        _render_for_comparison_once(patch, Path(kept))
        patch.setenv("GIT_CONFIG_COUNT", "1")
        patch.setenv("GIT_CONFIG_KEY_0", "core.fsync")
        patch.setenv("GIT_CONFIG_VALUE_0", "none")
        patch.setattr(Worker, "_sync_git_index_executable_bit", lambda *_: None)
        yield


def _compile_once(patch: pytest.MonkeyPatch) -> None:
    compiled: dict[tuple[Any, ...], Any] = {}
    really = Environment.compile

    def compile_once(
        self: Environment,
        source: Any,
        name: str | None = None,
        filename: str | None = None,
        raw: bool = False,
        defer_init: bool = False,
    ) -> Any:
        key = (
            type(self),
            self.variable_start_string,
            self.trim_blocks,
            self.lstrip_blocks,
            self.keep_trailing_newline,
            source,
            name,
            raw,
            defer_init,
        )
        if key not in compiled:
            compiled[key] = really(self, source, name, filename, raw, defer_init)  # type: ignore[call-overload]
        elif isinstance(source, str):
            # Copier's `yield` forgets the name it saw last when the next text is looked at.
            self.preprocess(source, name, filename)
        return compiled[key]

    patch.setattr(Environment, "compile", compile_once)


def _clone_once(patch: pytest.MonkeyPatch, kept: Path) -> None:
    clones: dict[tuple[str, str, str], str] = {}
    really, load = copier._vcs.clone, copier._template.load_template_config
    configurations: dict[Path, Any] = {}

    def clone_once(url: str, ref: str = "HEAD", location: str | None = None) -> str:
        commits = subprocess.run(
            ["git", "-C", url, "rev-parse", "HEAD", ref],
            check=False,
            capture_output=True,
            text=True,
        )
        key = (url, ref, commits.stdout)
        if commits.returncode != 0:  # let Copier say what is wrong
            return really(url, ref, location)
        if key not in clones:
            clones[key] = really(url, ref, str(kept / f"clone-{len(clones)}"))
        if location:
            Path(location).rmdir()  # Copier removes what it put there
        return clones[key]

    def load_once(path: Path, quiet: bool = False) -> Any:
        if not path.is_relative_to(kept):
            return load(path, quiet)
        if path not in configurations:
            configurations[path] = load(path, quiet)
        return copy.deepcopy(configurations[path])

    patch.setattr(copier._template, "clone", clone_once)
    patch.setattr(copier._template, "load_template_config", load_once)


def _render_for_comparison_once(patch: pytest.MonkeyPatch, kept: Path) -> None:
    rendered: dict[str, Path] = {}
    really = Worker.run_copy

    def run_copy_once(self: Worker) -> None:
        destination = Path(self.dst_path)
        scratch = [part for part in destination.parts if part.startswith(COMPARED)]
        template = self.template.local_abspath
        if not scratch or not template.is_relative_to(kept):
            return really(self)
        below = destination.parts[destination.parts.index(scratch[0]) + 1 :]
        key = repr((template, below, sorted(self.data.items()), self.exclude))
        if key not in rendered:
            really(self)
            folder = kept / f"rendered-{len(rendered)}"
            shutil.copytree(destination, folder, symlinks=True)
            rendered[key] = folder
        else:
            shutil.copytree(rendered[key], destination, symlinks=True, dirs_exist_ok=True)
        return None

    patch.setattr(Worker, "run_copy", run_copy_once)
