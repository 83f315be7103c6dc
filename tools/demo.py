"""From nothing to a running service: `make demo`.

Generates a project in a folder of its own and does with it what a developer does on the first
day, with the project's own commands. Everything it started is stopped and, unless --dest was
given, removed again, also when a step fails or Ctrl-C is pressed.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tools.commands import ROOT, Command, Finished, fresh_environment

QUIET_SECONDS = 1.0 if sys.stdout.isatty() else 10.0
STARTUP_SECONDS = 180.0


class StepError(Exception):
    """A step ended badly; the message is all there is to say."""


class Screen:
    """Lines with the time since the start, and a sign of life when a step is silent."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._last = self._started
        self._lock = threading.Lock()
        self._step = ""
        self._is_terminal = sys.stdout.isatty()
        threading.Thread(target=self._stay_alive, daemon=True).start()

    def line(self, text: str = "") -> None:
        with self._lock:
            self._print(text)

    def title(self, text: str) -> None:
        with self._lock:
            self._print("")
            self._print(f"{self._clock()} {text}")

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        started = time.monotonic()
        self.title(text)
        self._step = text
        try:
            yield
        finally:
            self._step = ""
        self.line(f"{self._clock()} done in {time.monotonic() - started:.1f} s")

    def _clock(self) -> str:
        return f"[{time.monotonic() - self._started:6.1f} s]"

    def _print(self, text: str, end: str = "\n") -> None:
        self._last = time.monotonic()
        # On a terminal the sign of life is one line that the next line takes the place of.
        print(f"\r\x1b[K{text}" if self._is_terminal else text, end=end, flush=True)

    def _stay_alive(self) -> None:
        while True:
            time.sleep(0.5)
            with self._lock:
                if self._step and time.monotonic() - self._last > QUIET_SECONDS:
                    self._print(
                        f"{self._clock()} … still at it", end="" if self._is_terminal else "\n"
                    )


def only(*words: str) -> Callable[[str], bool]:
    return lambda line: any(word in line for word in words)


class Demo:
    """One service, from the questions to a fulfilled order."""

    def __init__(self, project: Path, answers: Path | None) -> None:
        self.project = project
        self.answers = answers
        self.screen = Screen()
        self.environment = fresh_environment()

    def play(self) -> None:
        with self.screen.step("Generate a service" + self._answers_shown()):
            self._copy()
        with self.screen.step("make setup: its tools, its dependencies, the local emulator"):
            self._make("setup")
        with self.screen.step("make check: format, lint, types, import rules, infrastructure"):
            self._make("check", show=only(" ok ", "FAILED "))
        with self.screen.step("make test: unit and integration tests, with coverage"):
            self._make("test", show=only("TOTAL", " passed", " failed", "coverage"))
        with self.screen.step("make package: a zip per function"):
            self._make("package")
        with self._running(), self.screen.step("Send it real events"):
            self._send_events()
        self.screen.title("All of it worked, and everything is stopped.")

    def _answers_shown(self) -> str:
        return f" with the answers in {self.answers}" if self.answers else " with default answers"

    def _copy(self) -> None:
        # The warning that this repository has uncommitted changes is for its developers only.
        copier = [sys.executable, "-W", "ignore", "-m", "copier", "copy"]
        copier += ["--quiet", "--defaults", "--vcs-ref", "HEAD"]
        if self.answers:
            copier += ["--data-file", str(self.answers)]
        self._run([*copier, str(ROOT), str(self.project)])
        files = [path for path in self.project.rglob("*") if path.is_file()]
        self.screen.line(f"    {len(files)} files in {self.project}")

    def _make(self, target: str, *, show: Callable[[str], bool] = bool) -> None:
        self._run(["make", "--no-print-directory", target], cwd=self.project, show=show)

    def _send_events(self) -> None:
        python = str(self.project / ".venv" / "bin" / "python")
        script = Path(__file__).with_name("demo_events.py")
        self.environment["PYTHONPATH"] = str(self.project)
        self._run([python, str(script)], cwd=self.project, indent="")

    @contextmanager
    def _running(self) -> Iterator[None]:
        """`make run` while the body of the `with` statement is carried out."""
        ready = threading.Event()

        def heard(line: str) -> None:
            if not ready.is_set() and line.strip():
                self.screen.line(f"    {line}")
            if line.startswith("running at"):
                ready.set()

        with self.screen.step("make run: build, start the emulator, deploy"):
            command = Command(
                ["make", "--no-print-directory", "run"],
                cwd=self.project,
                env=self.environment,
                on_line=heard,
            )
            try:
                deadline = time.monotonic() + STARTUP_SECONDS
                while not ready.wait(0.2):
                    if command.ended:
                        done = command.wait(5)
                        raise StepError(f"`make run` ended by itself\n{done.output}")
                    if time.monotonic() > deadline:
                        raise StepError(f"`make run` is not ready\n{command.output}")
            except BaseException:
                command.stop()
                raise
        try:
            yield
        except StepError as failure:
            raise StepError(
                f"{failure}\n--- what `make run` showed ---\n{command.output}"
            ) from None
        finally:
            with self.screen.step("Stop it"):
                command.stop()
                # In case `make run` could not tidy up behind itself.
                self._run(["make", "stop"], cwd=self.project, show=lambda _line: False)

    def _run(
        self,
        command: Sequence[str],
        *,
        cwd: Path = ROOT,
        show: Callable[[str], bool] = bool,
        indent: str = "    ",
    ) -> Finished:
        def heard(line: str) -> None:
            if show(line):
                self.screen.line(f"{indent}{line}")

        running = Command(command, cwd=cwd, env=self.environment, on_line=heard)
        done = running.wait(timeout=1200)
        if done.code:
            raise StepError(done.failure)
        return done


def interrupt(_signal: int, _frame: FrameType | None) -> None:
    # One is enough: tidying up must not be interrupted.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dest", type=Path, help="where to put the project, and keep it")
    parser.add_argument("--answers", type=Path, help="a YAML file of answers")
    options = parser.parse_args()
    if options.answers and not options.answers.is_file():
        parser.error(f"no file {options.answers}")
    if options.dest and options.dest.exists() and any(options.dest.iterdir()):
        parser.error(f"{options.dest} is not empty")
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    scratch = None if options.dest else Path(tempfile.mkdtemp(prefix="lambda-demo-"))
    project = options.dest.resolve() if options.dest else Path(str(scratch), "order-service")
    demo = Demo(project, options.answers.resolve() if options.answers else None)
    try:
        demo.play()
    except StepError as failure:
        demo.screen.line(f"\nFAILED: {failure}")
        return 1
    except KeyboardInterrupt:
        demo.screen.line("\nInterrupted; everything is stopped.")
        return 130
    finally:
        if scratch:
            shutil.rmtree(scratch, ignore_errors=True)
    if options.dest:
        demo.screen.line(
            f"The project is in {os.path.relpath(project)}; `make run` starts it again."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
