"""The command line: a thin skin over the public API."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

import click

import speckit_analysis
from speckit_analysis.commands.ask import compare, telemetry
from speckit_analysis.commands.billing import billing
from speckit_analysis.commands.disagreements import disagreements
from speckit_analysis.commands.evidence import describe, problems, sample, schema, summary, validate
from speckit_analysis.commands.experiment import decide, experiment
from speckit_analysis.commands.output import printable, say
from speckit_analysis.commands.report import report
from speckit_analysis.commands.review import review
from speckit_analysis.commands.sessions import sessions
from speckit_analysis.commands.simulate import simulate_command
from speckit_analysis.errors import EvidenceError, ReportError, is_disk_full

#: Of all commands: what is set here holds for those below.
_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True}


class _Commands(click.Group):
    """Commands that tell a user's mistake in a sentence and end with 2, and one of ours with 70."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except (EvidenceError, ReportError) as error:
            say(f"Error: {error}", err=True)
            context.exit(2)
        except BrokenPipeError:  # the reader, such as head, has seen enough
            sys.stderr.close()
            context.exit(0)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if is_disk_full(error):
                _tell_disk_full(error)
                context.exit(2)
            if os.environ.get("SPECKIT_TRACEBACK"):
                raise
            said = f"{type(error).__name__}: {error}"
            told = "this is a mistake of the program, not yours; SPECKIT_TRACEBACK=1 tells where"
            say(f"Error: {printable(said)} ({told})", err=True)
            context.exit(70)


def _tell_disk_full(error: Exception) -> None:
    name = getattr(error, "filename", None)
    what = f" for {printable(os.fspath(name))}" if isinstance(name, str | os.PathLike) else ""
    click.echo(
        f"Error: no space left on the disk{what}: free some, or write elsewhere (--out, and TMPDIR"
        " for temporary files)",
        err=True,
    )
    # What could not be written to a full standard output would be tried again at the end.
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(cls=_Commands, context_settings=_CONTEXT)
@click.version_option(speckit_analysis.__version__, prog_name="speckit-analysis")
def main() -> None:
    """Read the evidence of multi-model consensus, judge it, and report whether it pays."""


for command in (summary, problems, describe, schema, validate, sample):
    main.add_command(command)
for command in (
    sessions,
    telemetry,
    compare,
    billing,
    disagreements,
    decide,
    experiment,
    report,
    review,
):
    main.add_command(command)
main.add_command(simulate_command, "simulate")
