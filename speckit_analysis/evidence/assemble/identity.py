"""Whose row is it: names spelled one way, moments in UTC, and the run that a row belongs to."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from speckit_analysis.evidence.assemble.categories import spell, texts
from speckit_analysis.tables import vocabulary
from speckit_analysis.tables.timestamps import parse_array, start_of

#: What follows later than this upon another thing is not taken for its consequence.
WINDOW = pd.Timedelta(hours=1)

_STRING = pd.StringDtype(storage="pyarrow", na_value=pd.NA)


#: What tells runs apart; the file, where there is no key.
_IDENTITY = ["file", "spec_id", "stage", "key"]


def normalise(frame: pd.DataFrame) -> pd.DataFrame:
    """Add ``stage``, ``agent`` and ``timestamp`` from the raw columns that `frame` has."""
    if "stage_raw" in frame:
        frame["stage"] = spell(frame["stage_raw"], vocabulary.normalise_stage)
    if "agent_raw" in frame:
        frame["agent"] = spell(frame["agent_raw"], vocabulary.normalise_agent)
    if "timestamp_raw" in frame:
        frame["timestamp"] = moments(frame["timestamp_raw"])
    return frame


def look_up(keys: pd.Series, values: pd.Series) -> pd.Series:
    """Return for each key the value that stands under it in the index of `values`.

    As ``keys.map(values)``, but it keeps the dtype of `values` when there is nothing to map.
    """
    if all(isinstance(each.dtype, pd.StringDtype) for each in (keys, values.index)):
        # Without a Python object per key.
        found_at = pc.index_in(_arrow(keys), value_set=_arrow(values.index), skip_nulls=True)
        positions = found_at.fill_null(-1).to_numpy()
    elif len(keys) == len(values) and np.array_equal(keys, values.index):
        return values.set_axis(keys.index)
    else:
        positions = pd.Index(values.index).get_indexer(pd.Index(keys))
    found = values.array.take(positions, allow_fill=True)
    return pd.Series(found, index=keys.index)


def fill_gaps(rows: pd.DataFrame, key: str, keep: Collection[str] = ()) -> pd.DataFrame:
    """Return the first of the `rows` of each `key`, with its missing values from later ones.

    Every column is filled, whatever it holds, but for those to `keep` as the first has them.
    """
    later = rows[key].duplicated()
    first, others = rows[~later].copy(), rows[later]
    numbers = pd.factorize(rows[key])[0]
    for name in others.columns.difference([key, *keep], sort=False):
        if first[name].isna().any() and others[name].notna().any():
            at = earliest(numbers, rows[name].notna())
            first[name] = rows[name].array.take(at, allow_fill=True)
    return first


def earliest(numbers: np.ndarray, known: pd.Series | np.ndarray) -> np.ndarray:
    """Return the place of the first `known` row of each number from 0 on; -1 for none."""
    places = np.flatnonzero(known)[::-1]
    first = np.full(numbers.max(initial=-1) + 1, -1)
    first[numbers[places]] = places  # of several the last one stays, which is the first row
    return first


def is_among(keys: pd.Series, values: pd.Series) -> pd.Series:
    """Tell for each key whether it is one of `values`; a missing key is none.

    As ``keys.isin(values)``, without a Python object per value.
    """
    found = pc.is_in(_arrow(keys), value_set=_arrow(values.dropna()), skip_nulls=True)
    return pd.Series(found.to_numpy(zero_copy_only=False), index=keys.index)


def _arrow(values: pd.Series | pd.Index) -> pa.Array:
    return pa.array(values, pa.string(), from_pandas=True)


def moments(raw: pd.Series) -> pd.Series:
    """Return timestamps of any spelling as UTC; missing where they are none."""
    if raw.isna().all():
        return pd.Series(pd.NaT, raw.index, dtype="datetime64[ns, UTC]")
    parsed = parse_array(_arrow(raw))
    return pd.Series(parsed.to_pandas()).astype("datetime64[ns, UTC]").set_axis(raw.index)


def run_ids(frame: pd.DataFrame, digests: pd.Series) -> pd.Series:
    """Return ``<spec_id>/<stage>/<key>``; rows without a key are told apart by their file.

    Parameters
    ----------
    frame
        Rows with ``spec_id``, ``stage``, ``key`` and ``file``.
    digests
        SHA-256 of each file, by its number.
    """
    key = frame["key"]
    if key.isna().any():
        # Missing for a file that could not be hashed; its rows cannot exist.
        undated = "undated-" + look_up(frame["file"], digests).str[:8]
        key = key.fillna(undated)
    spec, stage = (texts(frame[name]).fillna("unknown") for name in ("spec_id", "stage"))
    parts = [spec, stage, key]
    arrays = [_arrow(part) for part in parts]
    joined = pc.binary_join_element_wise(*arrays, "/")
    ids = joined.to_pandas(types_mapper={pa.string(): _STRING}.get)
    return pd.Series(ids.array, index=frame.index)


def number_runs(frames: list[pd.DataFrame], digests: pd.Series) -> int:
    """Add to each frame the ``run_id`` of its rows, and ``run``, the number of that id.

    Equal ids have equal numbers in all frames.  Return how many runs there are.
    """
    begins = [_begins(frame) for frame in frames]
    heads = [
        run_ids(frame.loc[begin, _IDENTITY], digests)
        for frame, begin in zip(frames, begins, strict=True)
    ]
    numbers = pd.factorize(pd.concat(heads))[0]
    start = 0
    for frame, begin, head in zip(frames, begins, heads, strict=True):
        row = np.cumsum(begin) - 1
        frame["run_id"] = head.array.take(row)
        frame["run"] = numbers[start : start + len(head)][row]
        start += len(head)
    return int(numbers.max(initial=-1)) + 1


def _begins(frame: pd.DataFrame) -> np.ndarray:
    """Tell of each row whether another run may begin there: most stand after one of their own."""
    begin = np.zeros(len(frame), dtype=bool)
    begin[:1] = True
    for name in _IDENTITY:
        values = frame[name]
        if isinstance(values.dtype, pd.CategoricalDtype):
            codes = values.cat.codes.to_numpy()
            begin[1:] |= codes[1:] != codes[:-1]
        else:
            array = pa.array(values)
            same = pc.equal(array[1:], array[:-1]).fill_null(False)
            begin[1:] |= ~same.to_numpy(zero_copy_only=False)
    return begin


def join_by_given_id(frames: list[pd.DataFrame], runs: pd.DataFrame) -> None:
    """Make one run of those that bear the same id, given by the runner, at the same stage.

    One file may tell the run by its id and another by its moment.  They may lie in different
    folders, and under two names of the SPEC where the id can be that of one run only.
    """
    named = runs[runs["basis"].isin(["synthesis", "verdict"]) & runs["session_id"].notna()]
    if len(named) < 2:
        return
    spec, given = texts(named["spec_id"]).fillna(""), named["session_id"].astype("string")
    unique = given.map(start_of).notna()
    of_id = [spec.mask(unique, ""), texts(named["stage"]).fillna(""), given]
    # Telemetry has the moment; and an id tells the SPEC.
    spoken = [name in text for name, text in zip(spec, given, strict=True)]
    named = named.assign(by_moment=named["match_rule"].eq("timestamp"), spoken=spoken)
    best = named.sort_values(["by_moment", "spoken"], ascending=False, kind="stable")
    label = best.groupby([part.loc[best.index] for part in of_id])["run"].transform("first")
    moved = best["run"] != label
    if not moved.any():
        return
    becomes = dict(zip(best.loc[moved, "run"], label[moved], strict=True))
    identity = runs.drop_duplicates("run").set_index("run")[["run_id", "spec_id"]]
    for frame in frames:
        rows = frame["run"].isin(becomes)
        frame["run"] = frame["run"].replace(becomes)
        for name in ("run_id", "spec_id"):
            new = look_up(frame["run"], texts(identity[name]))
            frame[name] = texts(frame[name]).mask(rows, new)


def adopt_keys(runs: pd.DataFrame, roots: pd.Series) -> pd.DataFrame:
    """Give a synthesis without a key that of a verdict of its SPEC and stage.

    That is the only one of its folder, else the last one that began in the hour before.
    """
    orphans = runs["key"].isna() & runs["folder"].notna()
    if not orphans.any():
        return runs
    root = look_up(runs["file"], roots)
    spec, stage = (texts(runs[name]).fillna("") for name in ("spec_id", "stage"))
    of_stage = spec + "|" + stage
    place = root + "|" + of_stage
    keyed = runs["key"].notna() & (runs["basis"] == "verdict")
    choices = runs.loc[keyed, "key"].groupby(place[keyed]).agg(["first", "nunique"])
    only = choices.loc[choices["nunique"] == 1, "first"]
    runs.loc[orphans, "key"] = look_up(place[orphans], only).astype(_STRING)
    dated = runs.assign(of_stage=of_stage)[runs["timestamp"].notna()].sort_values("timestamp")
    left = dated.loc[orphans & runs["key"].isna(), ["timestamp", "of_stage"]]
    begun = dated.loc[keyed, ["timestamp", "of_stage", "key"]]
    # A synthesis tells the minute only.
    begun["timestamp"] = begun["timestamp"].dt.floor("min")
    found = pd.merge_asof(left, begun, on="timestamp", by="of_stage", tolerance=WINDOW).set_axis(
        left.index
    )
    found = found.dropna(subset="key")
    runs.loc[found.index, "key"] = found["key"].astype(_STRING)
    rule = texts(runs["match_rule"])
    runs["match_rule"] = rule.mask(runs.index.isin(found.index), "window")
    return runs
