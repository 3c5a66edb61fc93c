"""The studies that a report is about: a user's files, or the simulated ones that come along."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from speckit_analysis.errors import EvidenceError
from speckit_analysis.sample import EARLIER, LEADERBOARD, TRIALS, studies_path
from speckit_analysis.studies.aider import read_leaderboard
from speckit_analysis.studies.tau_bench import read_trials


@dataclass(frozen=True)
class Studies:
    """What studies hold.

    Attributes
    ----------
    runs : DataFrame
        From :func:`~speckit_analysis.studies.aider.read_leaderboard`.
    earlier : DataFrame or None
        An earlier version of the same leaderboard.
    trials : DataFrame
        From :func:`~speckit_analysis.studies.tau_bench.read_trials`.
    files : DataFrame
        What was read: ``holds``, ``file`` (its name), ``entries`` (int), ``simulated`` (bool)
        and ``sha256``.
    """

    runs: pd.DataFrame
    earlier: pd.DataFrame | None
    trials: pd.DataFrame
    files: pd.DataFrame

    @property
    def sentence(self) -> str:
        """What is simulated, in words; empty where nothing is."""
        made_up = self.files.loc[self.files["simulated"], "holds"].tolist()
        if not made_up:
            return ""
        if self.files["simulated"].all():
            return (
                "Everything on this page is simulated: no model was called and no study says this."
            )
        return f"Simulated, and said by no study: the {' and the '.join(made_up)}."

    def marked(self, holds: str, sentence: str) -> str:
        """Return a sentence on what a file holds, that says first if the file is simulated."""
        made_up = self.files.loc[self.files["holds"] == holds, "simulated"].any()
        return f"Simulated: {sentence}" if made_up else sentence


def load_studies(
    aider: str | os.PathLike[str] = "",
    aider_before: str | os.PathLike[str] = "",
    tau_bench: str | os.PathLike[str] = "",
) -> Studies:
    """Read studies, simulated ones in place of those that are not given.

    Parameters
    ----------
    aider : path
        A leaderboard of Aider.
    aider_before : path
        An earlier version of it; none if empty, but for the simulated leaderboard.
    tau_bench : path
        Trajectories of tau-bench.

    Raises
    ------
    EvidenceError
        If a file cannot be read, with its name and the place, or if an earlier version is given
        of no leaderboard.
    """
    if aider_before and not aider:
        raise EvidenceError(
            f"leaderboard {aider_before}: an earlier version of which? Give the later one as aider"
        )
    bundled = studies_path()
    before = aider_before or ("" if aider else bundled / EARLIER)
    sources = (
        ("leaderboard", read_leaderboard, aider or bundled / LEADERBOARD),
        ("earlier leaderboard", read_leaderboard, before),
        ("repeated trials", read_trials, tau_bench or bundled / TRIALS),
    )
    frames, files = {}, []
    for holds, read, given in sources:
        if given:
            path = Path(given).expanduser().absolute()
            frames[holds] = frame = read(path)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            files.append((holds, path.name, len(frame), path.parent == bundled, digest))
    return Studies(
        frames["leaderboard"],
        frames.get("earlier leaderboard"),
        frames["repeated trials"],
        pd.DataFrame(files, columns=["holds", "file", "entries", "simulated", "sha256"]),
    )
