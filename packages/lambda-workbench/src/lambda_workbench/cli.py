"""The command line: `workbench <command>`, or `python -m lambda_workbench <command>`.

A command's module is imported when the command is given, so that help and small commands stay
fast. Errors that a person can put right are one line, `error: …`, not a traceback.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Sequence

import click

from lambda_workbench.errors import ToolError

# By what people do: the commands, each with the module that has it and a line about it.
SECTIONS = {
    "On this machine": {
        "run": ("local.run", "the service on this machine: redeploys on change, shows the logs"),
        "invoke": ("local.invoke", "send a trigger's sample event through its real source"),
        "debug": ("local.debug", "call a handler with its sample event, for a debugger"),
        "deploy-local": ("local.local_stack", "deploy what is built to the emulator that runs"),
        "emulator": ("local.emulator", "prepare, start, stop or empty the local AWS emulator"),
        "doctor": ("local.doctor_command", "what is missing on this machine and how to get it"),
    },
    "Build and check": {
        "check": ("packaging.check", "format, lint, types, import rules, template, budgets"),
        "package": ("packaging.package", "build dist/: a zip per function, template, manifest"),
        "image": ("packaging.image", "build the container image, or push it to a stage"),
        "budget": ("packaging.budget", "what functions cost to start, against their budgets"),
        "import-profile": ("packaging.import_profile", "what functions load when they start"),
        "preflight": ("preflight.command", "what AWS would refuse, stage by stage"),
        "policies": ("packaging.policies", "checkov's rules over the infrastructure"),
        "audit": ("packaging.audit", "known vulnerabilities in the locked dependencies"),
        "sbom": ("packaging.sbom", "what is shipped, as a CycloneDX document"),
        "merge": ("cloudformation.project_template", "write dist/template.yaml, overrides in it"),
    },
    "Stages on AWS": {
        "bootstrap": ("operate.bootstrap", "prepare the account for a stage"),
        "deploy": ("operate.deploy", "build and deploy to a stage"),
        "rollback": ("operate.rollback", "take a stage back to the release before"),
        "delete": ("operate.delete", "delete a stage"),
        "verify": ("operate.verify", "try a stage in a sandbox account from start to end"),
        "redrive": ("operate.redrive", "retry what failed for good in a stage"),
        "tune": ("operate.tune", "which memory size a function needs, measured"),
        "load": ("operate.load", "load a stage for a while"),
        "flags": ("operate.flags", "the feature flags of a stage, or switch one"),
        "checklist": ("operate.checklist", "is it ready for production?"),
    },
    "The template": {
        "drift": ("update.drift", "what differs from the template in the files it manages"),
        "template-status": ("update.template_status", "this version, and what a newer one brings"),
        "template-update": ("update.template_update", "take the newest version"),
        "template-pull-request": (
            "update.template_pull_request",
            "the same on a branch of its own, with a pull request",
        ),
    },
}
COMMANDS = {name: found for section in SECTIONS.values() for name, found in section.items()}


class Workbench(click.Group):
    """The commands, each imported when it is given."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Their names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command; None when there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"lambda_workbench.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        command.name = cmd_name
        command.help = _help(module.__doc__ or "")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List them by what people do, without importing any."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, about) for name, (_, about) in commands.items()])


def _help(docstring: str) -> str:
    """What a module says about itself, with its indented lines left as they are."""
    paragraphs = inspect.cleandoc(docstring).split("\n\n")
    kept = [f"\b\n{part}" if part.startswith(" ") else part for part in paragraphs]
    return "\n\n".join(kept)


@click.command(cls=Workbench, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lambda-workbench")
def workbench() -> None:
    """Development tools for a service on AWS Lambda. Give commands in the project's folder."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that is given, and end the process with its exit code."""
    try:
        code = workbench.main(
            arguments if arguments is None else list(arguments),
            prog_name="workbench",
            standalone_mode=False,
        )
        sys.exit(code if isinstance(code, int) else 0)
    except ToolError as error:
        sys.exit(f"error: {error}")
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Exception as error:
        # What AWS refuses, also where boto3 itself is not installed.
        if type(error).__module__.partition(".")[0] != "botocore":
            raise
        sys.exit(f"error: {error}")
    finally:
        sys.stdout.flush()  # what was printed comes before why it ended, also in a file or a pipe
