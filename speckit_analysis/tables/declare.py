"""What a table and a column are, the ordered categories, and the columns that tables share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from speckit_analysis.tables.vocabulary import PROVENANCES, STAGES

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["text", "category", "integer", "number", "boolean", "timestamp"]

#: Arrow type of each kind, as workers build it and snapshots store it.
ARROW_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "category": pa.dictionary(pa.int32(), pa.string()),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("ns", tz="UTC"),
}

#: pandas dtype of each kind, as users see it: nullable, UTC.
PANDAS_DTYPES: dict[Kind, str] = {
    "text": "string",
    "category": "category",
    "integer": "Int64",
    "number": "Float64",
    "boolean": "boolean",
    "timestamp": "datetime64[ns, UTC]",
}

#: Ids, paths and names that rows are told apart by: a secret in one of them is masked so that two
#: names stay two.  In all other text, which may quote what a terminal showed, it is masked alike.
NAMES = frozenset(
    {
        *("run_id", "session_id", "guardrail_id", "stage_run_id", "spawn_id"),
        *("spec_id", "experiment", "variant", "unit", "repeat", "group"),
        *("guess", "packet", "repeat_of", "output"),
        *("source", "locator", "path", "evidence_root", "duplicate_of", "timestamp_raw"),
        *("key", "folder", "call_id", "parent", "project", "branch"),
        *("identity", "request", "ancestors"),
    }
)
#: Kept as they are.
HASHES = frozenset({"sha256", "content_hash", "payload_hash"})


@dataclass(frozen=True)
class Column:
    """One variable of a table."""

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    #: What stands over it on a page; empty for its name in words.
    heading: str = ""

    @property
    def dtype(self) -> str:
        """The pandas dtype of the column."""
        return PANDAS_DTYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """One kind of thing, one row each."""

    name: str
    row: str
    columns: tuple[Column, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        """Return the column called `name`."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name!r} has no column {name!r}")

    def empty(self) -> pd.DataFrame:
        """Return the table with no rows but every column and its dtype."""
        import pandas as pd

        return pd.DataFrame({c.name: pd.Series(dtype=c.dtype) for c in self.columns})

    def of(self, rows: Any, keys: Sequence[str] = ()) -> pd.DataFrame:
        """Return `rows` as a frame of this table.

        Parameters
        ----------
        rows : DataFrame, or what makes one
            Rows in the order of the columns, by name or as a frame; more columns are left out.
        keys : sequence of str
            Columns that come first, kept as they are: what an analysis was asked to group by.

        Notes
        -----
        Categories keep their categories and their order.  ``attrs`` names the table, so that a
        page knows the headings and units.
        """
        import pandas as pd

        names = [*keys, *self.column_names]
        frame = rows[names] if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows, columns=names)
        dtypes = {c.name: c.dtype for c in self.columns if c.kind != "category"}
        frame = frame.astype(dtypes)
        frame.attrs["table"] = self.name
        return frame

    def describe(self) -> pd.DataFrame:
        """Return one row per column: name, dtype, unit and meaning."""
        import pandas as pd

        return pd.DataFrame(
            [(c.name, c.dtype, c.unit, c.meaning) for c in self.columns],
            columns=["column", "dtype", "unit", "meaning"],
        )


def _of_kind(kind: Kind) -> Callable[..., Column]:
    def column(name: str, meaning: str, unit: str = "", heading: str = "") -> Column:
        return Column(name, kind, meaning, unit, heading)

    return column


#: Declare a column of each kind: its name, its meaning, and its unit and heading if it has one.
text, category, integer = _of_kind("text"), _of_kind("category"), _of_kind("integer")
number, boolean, timestamp = _of_kind("number"), _of_kind("boolean"), _of_kind("timestamp")

# Columns that several tables share, declared once so that they mean the same everywhere.

ORIGIN = (
    category("provenance", "measured, or why the row is not: " + ", ".join(PROVENANCES[1:])),
    category("source", "file the row was read from, relative to the root given to load"),
    category("locator", "place in the file: a JSON pointer, after L<line> in JSON Lines"),
)
RUN = (
    text("run_id", "run the row belongs to: <spec_id>/<stage>/<key of the run>"),
    category("spec_id", "SPEC worked on"),
    category("stage", "stage of the SPEC, ordered " + " < ".join(STAGES)),
)
AGENT = (
    category("agent", "role that was called: gemini, claude, gpt_pro, gpt_codex, code …"),
    category("agent_raw", "agent as it was written"),
)
TOKENS = (
    integer("prompt_tokens", "input: fresh, read from a cache and written to one", "tokens"),
    integer("completion_tokens", "output tokens, reasoning excluded where told apart", "tokens"),
    integer("reasoning_tokens", "output tokens spent on reasoning", "tokens"),
    integer("cached_tokens", "input tokens read from the provider's cache", "tokens"),
    integer("cache_write_tokens", "input tokens written to the provider's cache", "tokens"),
    integer("cache_write_1h_tokens", "of those written, the ones kept for an hour", "tokens"),
    integer("total_tokens", "total as recorded", "tokens"),
    category("service_tier", "tier that served the call, as recorded: standard, batch, flex …"),
)
TIMESTAMP_RAW = text("timestamp_raw", "timestamp as it was written")
SCHEMA_VERSION = category("schema_version", "schemaVersion as it was written")
