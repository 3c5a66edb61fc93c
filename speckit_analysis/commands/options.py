"""Options that several commands share, and what they ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from speckit_analysis.commands.output import Output, printable, say

if TYPE_CHECKING:
    import pandas as pd

    from speckit_analysis.analysis.selection import Selection
    from speckit_analysis.evidence.load import Evidence

FORMATS = ("table", "csv", "json", "parquet", "markdown")

#: Paths that a command writes to or reads from.
FILE = click.Path(dir_okay=False, path_type=Path)
EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
EXISTING_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)

Command = Callable[..., Any]


def say_unless_empty(sentence: str) -> None:
    """Print a note beside the answer."""
    if sentence:
        say(printable(sentence), err=True)


@dataclass(frozen=True)
class Asked:
    """Which evidence a command was asked about, and which of its rows count."""

    roots: tuple[str, ...]
    prices: Path | None = None
    include_synthetic: bool = False
    specs: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    map: Path | None = None

    @property
    def evidence(self) -> Evidence:
        """The evidence, which is refused where there is none.

        Raises
        ------
        EvidenceError
            If it holds no file of a known format.
        """
        from speckit_analysis.evidence.load import refuse_nothing

        refuse_nothing(self.read.roots, self.read.files["format"])
        return self.read

    @cached_property
    def read(self) -> Evidence:
        """What was read, when it was first needed, though it may be nothing.

        It is said where that is the sample, which prices of the user's own no call is of, and which
        entries of a mapping file no file is of.
        """
        import speckit_analysis
        from speckit_analysis.formats.mapped import TableMap
        from speckit_analysis.prices import PriceList

        if not self.roots:
            said = "No evidence given: this is the bundled sample, which is simulated."
            say(said, err=True)
        roots = self.roots or (speckit_analysis.sample_path(),)
        evidence = speckit_analysis.load(*roots, prices=self.prices, map=self.map)
        if self.map is not None:
            paths = map(PurePath, evidence.files["source"])
            say_unless_empty(TableMap.read(self.map).unused_sentence([p.name for p in paths]))
        if self.prices is not None:
            unused = PriceList.read(self.prices).unused_sentence(evidence.calls)
            say_unless_empty(unused)
        return evidence

    @property
    def include(self) -> tuple[str, ...]:
        """The provenances that count."""
        from speckit_analysis.analysis.ask.telemetry import WITH_SYNTHETIC

        return WITH_SYNTHETIC if self.include_synthetic else ("measured",)

    @property
    def span(self) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
        """The first and the last moment that count, where any was given."""
        from speckit_analysis.analysis.ask.telemetry import moment

        first = None if self.since is None else moment(self.since, "--since")
        return first, None if self.until is None else moment(self.until, "--until", end=True)

    def measured(self, frame: pd.DataFrame, noun: str = "row") -> Selection:
        """Keep the rows whose provenance counts."""
        from speckit_analysis.analysis.selection import measured

        return measured(frame, self.include, noun=noun)

    def narrowed(self, frame: pd.DataFrame, noun: str = "row") -> Selection:
        """Keep the rows whose provenance, SPEC and time count."""
        from speckit_analysis.analysis.ask.telemetry import narrowed

        return narrowed(self.measured(frame, noun), self.specs, self.since, self.until)


def _with(command: Command, *options: Command) -> Command:
    """Add options, which help lists in this order."""
    for option in reversed(options):
        command = option(command)
    return command


def evidence_option(name: str = "roots") -> Command:
    """Return the option that says which evidence is read."""
    return click.option(
        "--evidence",
        name,
        multiple=True,
        metavar="PATH",
        help="Folder, file or glob of evidence; may be repeated.  Default: the bundled sample.",
    )


map_option = click.option(
    "--map",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML file that says which columns of your own tables are ours.",
)


def evidence_options(command: Command) -> Command:
    """Add what says which evidence is read and which of its rows count, passed on as `asked`."""

    @wraps(command)
    def with_asked(
        *arguments: Any,
        roots: tuple[str, ...],
        prices: Path | None,
        map: Path | None,
        include_synthetic: bool,
        paths: tuple[str, ...] = (),
        specs: tuple[str, ...] = (),
        since: str | None = None,
        until: str | None = None,
        **others: Any,
    ) -> Any:
        asked = Asked((*paths, *roots), prices, include_synthetic, specs, since, until, map)
        return command(*arguments, asked=asked, **others)

    return _with(
        with_asked,
        evidence_option(),
        click.option(
            "--prices",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="TOML file with prices, aliases and exchange rates of your own.",
        ),
        map_option,
        click.option(
            "--include-synthetic",
            is_flag=True,
            help="Count rows that nobody measured too: stubs, rehearsals, hand-written figures.",
        ),
    )


confidence_option = click.option(
    "--confidence",
    type=click.FloatRange(0.5, 1, max_open=True),
    default=0.95,
    help="Level of the intervals.",
)

out_option = click.option(
    "--out", type=FILE, help="File to write to, replaced if it exists.  Default: the terminal."
)

public_option = click.option(
    "--public", is_flag=True, help="Let the umask decide who may read it.  Default: only you."
)


def span_options(command: Command) -> Command:
    """Add what says which SPECs and which time count, above :func:`evidence_options`."""
    return _with(
        command,
        click.option(
            "--spec", "specs", multiple=True, metavar="SPEC", help="Only this SPEC; repeatable."
        ),
        click.option(
            "--since", metavar="DATE", help="Only from this day, month or moment on (UTC)."
        ),
        click.option(
            "--until", metavar="DATE", help="Only up to the end of this day, month or moment."
        ),
    )


def output_options(command: Command) -> Command:
    """Add what says how a table is written, and where, passed on as `output`."""

    @wraps(command)
    def with_output(
        *arguments: Any, form: str | None, out: Path | None, public: bool, **others: Any
    ) -> Any:
        return command(*arguments, output=Output(form, out, public), **others)

    return _with(
        with_output,
        click.option(
            "--format",
            "form",
            type=click.Choice(FORMATS),
            help="How to write it.  Default: as the ending of --out says, else table.",
        ),
        out_option,
        public_option,
    )
