"""``load``: files, folders and globs in, an :class:`Evidence` of tidy frames out."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from speckit_analysis.errors import EvidenceError, EvidenceProblems
from speckit_analysis.evidence import assemble, cache, memory
from speckit_analysis.evidence.discovery import Discovery, discover, path_names, resolve
from speckit_analysis.evidence.scan import MAX_BYTES, Batches, chunks
from speckit_analysis.evidence.workers import read_chunks
from speckit_analysis.formats.mapped import TableMap
from speckit_analysis.formats.rows import Rows
from speckit_analysis.prices import PriceList
from speckit_analysis.tables import TABLES

#: Fewer files than this are loaded before a progress bar could be read.
FILES_WORTH_A_BAR = 2000


class Evidence:
    """Evidence as tidy frames: one attribute per table.

    ``describe`` tells the columns of a table.

    Examples
    --------
    >>> import speckit_analysis as sk
    >>> ev = sk.load(sk.sample_path())
    >>> ev.runs["spec_id"].nunique() > 1
    True
    """

    runs: pd.DataFrame
    calls: pd.DataFrame
    sessions: pd.DataFrame
    proposals: pd.DataFrame
    disagreements: pd.DataFrame
    costs: pd.DataFrame
    guardrails: pd.DataFrame
    checks: pd.DataFrame
    lifecycle: pd.DataFrame
    reviews: pd.DataFrame
    overrides: pd.DataFrame
    arbitrations: pd.DataFrame
    research: pd.DataFrame
    trials: pd.DataFrame
    outcomes: pd.DataFrame
    spawns: pd.DataFrame
    files: pd.DataFrame
    problems: pd.DataFrame

    def __init__(
        self,
        frames: dict[str, pd.DataFrame],
        roots: Iterable[str],
        fingerprint: str,
        pricing_source: str = "",
    ) -> None:
        self._frames = dict(frames)
        #: The files and folders that were asked for.
        self.roots = list(roots)
        #: SHA-256 over the paths and contents of all files, 64 hex digits.
        self.fingerprint = fingerprint
        #: Names and versions of the price lists behind computed costs.
        self.pricing_source = pricing_source

    def __getattr__(self, name: str) -> pd.DataFrame:
        frames = self.__dict__.get("_frames", {})
        if name in frames:
            return frames[name]
        raise AttributeError(f"evidence has no table {name!r}; tables are {', '.join(TABLES)}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._frames]

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return the table called `name`."""
        if name not in self._frames:
            raise KeyError(f"no table {name!r}; tables are {', '.join(self._frames)}")
        return self._frames[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def describe(self, table: str) -> pd.DataFrame:
        """Return one row per column of `table`: dtype, unit, meaning, missing, distinct.

        Raises
        ------
        KeyError
            If there is no such table.
        """
        frame = self[table]
        described = TABLES[table].describe()
        described["missing"] = [int(frame[name].isna().sum()) for name in described["column"]]
        described["distinct"] = [int(frame[name].nunique()) for name in described["column"]]
        return described

    def summary(self) -> pd.DataFrame:
        """Return one row per table: rows, first and last moment, problems of its files."""
        serious = self.problems[self.problems["severity"] != "info"]
        rows = []
        for name, frame in self._frames.items():
            moment = "started" if name == "sessions" else "timestamp"
            moments = frame.get(moment, pd.Series(dtype="datetime64[ns, UTC]"))
            concerned = serious.loc[serious["source"].isin(frame["source"]), "number"]
            rows.append((name, len(frame), moments.min(), moments.max(), int(concerned.sum())))
        columns = ["table", "rows", "first", "last", "problems"]
        return pd.DataFrame(rows, columns=columns)

    def save(self, folder: str | os.PathLike[str], *, public: bool = False) -> None:
        """Store every frame in `folder`, from which :func:`load` takes it back unchanged.

        Only you may read the files, and the folder if it is new, unless they are `public`.
        """
        stored = (self._frames, self.roots, self.fingerprint, self.pricing_source)
        cache.save(folder, *stored, public=public)

    def __repr__(self) -> str:
        lines = [f"Evidence of {len(self.files):,} files · {', '.join(self.roots)}"]
        for table, rows, first, last, _ in self.summary().itertuples(index=False):
            if rows:
                lines.append(f"  {table:<14}{rows:>10,} rows  {_span(first, last)}".rstrip())
        lines.append(f"  {_severities(self.problems)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        body = "".join(
            f"<tr><th scope='row'>{row.table}</th><td>{row.rows:,}</td>"
            f"<td>{_span(row.first, row.last)}</td><td>{row.problems:,}</td></tr>"
            for row in self.summary().itertuples()
        )
        return (
            f"<table class='dataframe'><caption>Evidence of {len(self.files):,} files in"
            f" {escape(', '.join(self.roots))}. {_severities(self.problems)}.</caption><thead><tr>"
            "<th>table</th><th>rows</th><th>time span (UTC)</th><th>problems in its files</th>"
            f"</tr></thead><tbody>{body}</tbody></table>"
        )


def _span(first: Any, last: Any) -> str:
    if pd.isna(first):
        return ""
    return (
        f"{first:%Y-%m-%d}"
        if first.date() == last.date()
        else f"{first:%Y-%m-%d} – {last:%Y-%m-%d}"
    )


def _severities(problems: pd.DataFrame) -> str:
    counts = problems.groupby("severity", observed=True)["number"].sum()
    parts = [f"{counts.get(name, 0):,} {name}s" for name in ("error", "warning")]
    return f"Problems: {', '.join(parts)}, {counts.get('info', 0):,} notes"


def refuse_nothing(roots: Iterable[str], formats: Iterable[object]) -> None:
    """Refuse evidence in which no file was recognised: of nothing, nothing can be said.

    Raises
    ------
    EvidenceError
        If none of `formats` is that of evidence.
    """
    recognised = [str(name) != "unrecognised" for name in formats]
    if not any(recognised):
        files = (
            f"of {len(recognised):,} file{'s' * (len(recognised) != 1)}, none is of a known format"
        )
        held = files if recognised else "it has no file"
        where = ", ".join(roots)
        raise EvidenceError(
            f"no evidence in {where}: {held}; docs/evidence.md tells where evidence lies"
        )


def load(
    *roots: str | os.PathLike[str],
    strict: bool = False,
    progress: bool | None = None,
    processes: int | None = None,
    max_bytes: int = MAX_BYTES,
    prices: str | os.PathLike[str] | None = None,
    content: bool = False,
    map: str | os.PathLike[str] | None = None,
) -> Evidence:
    """Load evidence from files, folders and globs.

    Loading never stops at a damaged file and never hides it: what can be kept is kept, and
    ``problems`` says file, place, what was found and what was done about it.  Paths inside
    evidence are never opened, symbolic links never followed.

    Parameters
    ----------
    roots
        Files, folders or globs.
    strict
        Raise instead of returning evidence with problems.
    progress
        Show a progress bar; None for when there is much to load.
    processes
        Processes to use; None for one a core where it pays.
    max_bytes
        Larger files are listed and not read, but for agents' logs, which are read in pieces.
    prices
        TOML file with prices, aliases of models and exchange rates of your own; they come
        before published ones.
    content
        Read prompts and answers of agents' logs, masked, into ``calls``.
    map
        TOML file that says which columns of tables of your own are ours.

    Raises
    ------
    EvidenceError
        If a root does not exist, a glob matches nothing, or the price file or the mapping file
        makes no sense.
    EvidenceProblems
        If `strict` and anything is wrong; lists all of it.
    """
    names = path_names(roots)
    paths = resolve(roots)
    price_list = PriceList.read(prices)
    tables = TableMap.read(map)
    # What was stored tells neither with which mapping file it was read, nor what was said.
    stored = None if content or tables.files else cache.find(paths, price_list.source)
    if stored is not None:
        evidence = Evidence(*cache.read(stored))
    else:
        discovery = discover(paths, content=content)
        evidence = _load(names, discovery, price_list, tables, progress, processes, max_bytes)
    if strict:
        _raise_problems(evidence)
    return evidence


def _load(
    names: list[str],
    discovery: Discovery,
    prices: PriceList,
    tables: TableMap,
    progress: bool | None,
    processes: int | None,
    max_bytes: int,
) -> Evidence:
    with memory.frugal(), memory.no_garbage_collection():
        batches = _read(discovery, tables, progress, processes, max_bytes)
        frames = assemble.assemble(batches, discovery, prices)
    return Evidence(frames, names, _fingerprint(frames["files"]), prices.source)


def _read(
    discovery: Discovery,
    tables: TableMap,
    progress: bool | None,
    processes: int | None,
    max_bytes: int,
) -> Batches:
    """Return the rows of all files, in the order of the files."""
    batches = _special_files(discovery)
    with _bar(discovery.files, progress) as advance:
        todo = chunks(discovery.folders)
        parts = list(read_chunks(todo, discovery.files, max_bytes, processes, advance, tables))
    # Whichever chunk was done first, rows stand in the order of the files.
    for part in sorted(parts, key=_first_file):
        for table, found in part.items():
            batches.setdefault(table, []).extend(found)
    return batches


def _first_file(part: Batches) -> int:
    number: int = part["files"][0].column("file")[0].as_py()
    return number


def _special_files(discovery: Discovery) -> Batches:
    """File problems about what is no regular file or cannot be opened."""
    rows = Rows()
    number = discovery.files
    for _, kind in discovery.special:
        message = f"a {kind}: not opened"
        rows.problem(number, "", "special_file", "warning", message, "listed in files")
        number += 1
    for _, reason in discovery.unreadable:
        message = f"cannot be opened: {reason}"
        rows.problem(number, "", "unreadable", "error", message, "listed in files")
        number += 1
    return rows.take()


@contextmanager
def _bar(files: int, wanted: bool | None) -> Iterator[Callable[[int], object]]:
    """Show a progress bar over files, silent where there is little to do."""
    show = files >= FILES_WORTH_A_BAR if wanted is None else wanted
    if not show:
        yield lambda files_done: None
        return
    from tqdm.auto import tqdm

    with tqdm(total=files, unit=" files", desc="Loading evidence", leave=False) as bar:
        yield bar.update


def _fingerprint(files: pd.DataFrame) -> str:
    source, digest = (
        pa.array(files[name], pa.string()).fill_null("") for name in ("source", "sha256")
    )
    lines = pc.binary_join_element_wise(source, "\t", digest, "\n", "")
    order = pc.sort_indices(lines)
    fingerprint = hashlib.sha256()
    for start in range(0, len(lines), 10_000):  # a list of all of them would be large
        block = lines.take(order[start : start + 10_000]).to_pylist()
        fingerprint.update("".join(block).encode())
    return fingerprint.hexdigest()


def _raise_problems(evidence: Evidence) -> None:
    serious = evidence.problems[evidence.problems["severity"] != "info"]
    if serious.empty:
        return
    lines = [f"{row.source}: {row.locator}: {row.message}" for row in serious.head(20).itertuples()]
    if len(serious) > len(lines):
        lines.append(f"… and {len(serious) - len(lines):,} more rows in the problems attribute")
    message = f"{serious['number'].sum():,} problems in the evidence:\n" + "\n".join(lines)
    raise EvidenceProblems(serious, message)
