"""``speckit-analysis sessions``: what agents spent, as their own logs tell it."""

from __future__ import annotations

from pathlib import Path

import click

from speckit_analysis.commands.options import output_options
from speckit_analysis.commands.output import Output, printable, say
from speckit_analysis.errors import EvidenceError


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH…]")
@click.option(
    "--by",
    "groups",
    multiple=True,
    metavar="NAME[,NAME]",
    help="day, week, month, model, project, branch, session or agent.  Default: day,model of this"
    " week and yesterday.",
)
@click.option("--since", metavar="DATE", help="Only from this day, month or moment on.")
@click.option("--until", metavar="DATE", help="Only up to the end of this day, month or moment.")
@click.option(
    "--zone",
    metavar="NAME",
    help="Time zone of days, such as Europe/Berlin.  Default: that of this computer.",
)
@click.option(
    "--prices",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML file with prices, aliases and exchange rates of your own.",
)
@output_options
def sessions(
    paths: tuple[str, ...],
    groups: tuple[str, ...],
    since: str | None,
    until: str | None,
    zone: str | None,
    prices: Path | None,
    output: Output,
) -> None:
    """Say what Claude Code, Codex and Gemini CLI spent, from their own logs.

    PATH is a file, a folder or a glob with logs; without one, the usual places are read:
    ~/.claude/projects, ~/.codex/sessions and ~/.gemini/tmp, or where CLAUDE_CONFIG_DIR and
    CODEX_HOME say.  Ends with 2 if there are no logs.

    \b
    Examples:
      speckit-analysis sessions
      speckit-analysis sessions --by project --since 2025-10
      speckit-analysis sessions ~/.claude/projects --by session --format csv
    """  # noqa: D301 - click takes a real backspace as "do not wrap this"
    import pandas as pd

    import speckit_analysis
    from speckit_analysis.analysis.sessions import spending
    from speckit_analysis.evidence.load import refuse_nothing

    clock = spending.zone_called(zone)
    read = paths or _usual_places()
    evidence = speckit_analysis.load(*read, prices=prices)
    refuse_nothing(evidence.roots, evidence.files["format"])
    if evidence.sessions.empty:
        raise EvidenceError(
            f"no sessions of agents in {', '.join(map(str, read))}; docs/formats.md lists what is"
            " read"
        )
    calls = spending.of_sessions(evidence.calls, evidence.sessions, clock)
    by = [name.strip() for group in groups for name in group.split(",")]
    now = pd.Timestamp.now(clock).tz_localize(None).tz_localize("UTC")
    notes = [spending.recent_sentence(calls, now)]
    shown = spending.within(calls, since, until, clock)
    if not (by or since or until):
        begin = min(spending.first_of_week(now), now.normalize() - pd.Timedelta(days=1))
        shown = shown[shown["timestamp"] >= begin]
        if shown.empty:
            last = calls["timestamp"].max()
            when = "without a date" if pd.isna(last) else f"on {last:%Y-%m-%d}"
            notes.append(f"No call this week; the last one was {when}: --since shows earlier ones.")
    notes += [spending.unknown_sentence(shown), f"Days are those of {clock.key}."]
    table = spending.spent(shown, by or ["day", "model"])
    formats = dict.fromkeys(("day", "week", "month"), "day")
    output.emit(table, " ".join(filter(None, notes)), formats)


def _usual_places() -> list[Path]:
    """Return the usual places that exist, and say which these are."""
    from speckit_analysis.evidence.places import usual_places

    places = usual_places()
    here = [place for place in places if place.is_dir()]
    if not here:
        listed = ", ".join(map(str, places))
        raise EvidenceError(f"no logs of agents in the usual places ({listed}); name a folder")
    say(f"Read {', '.join(printable(str(place)) for place in here)}.", err=True)
    return here
