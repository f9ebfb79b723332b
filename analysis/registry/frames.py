"""Tables of records as pandas frames. pandas is imported on first use, for a quick start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from analysis.registry.records import Record, Value

if TYPE_CHECKING:
    import pandas as pd

SERIES_COLUMNS = (
    "id", "label", "value", "unit", "date", "price_year", "price_basis", "source", "locator",
    "status", "low", "high", "note",
)  # fmt: skip
_REAL = ("value", "low", "high")


class _Resolved(Protocol):
    def __getitem__(self, id: str, /) -> float: ...


def series_frame(records: Iterable[Value], resolved: _Resolved) -> pd.DataFrame:
    """Values of one series, sorted by date then id.

    Columns: SERIES_COLUMNS. `value`, `low` and `high` are floats in the unit of the row; a range
    that does not exist is missing (NaN). `price_year` is a nullable integer. Missing text is "".
    """
    import pandas as pd

    ordered = sorted(records, key=lambda record: (record.date or "", record.id))
    columns = {name: [getattr(record, name) for record in ordered] for name in SERIES_COLUMNS}
    columns["value"] = [resolved[record.id] for record in ordered]
    frame = pd.DataFrame(
        {
            name: pd.Series(cells, dtype=_dtype(name))
            if name in (*_REAL, "price_year")
            else pd.Series([cell or "" for cell in cells], dtype="str")
            for name, cells in columns.items()
        }
    )
    return frame


def _dtype(name: str) -> str:
    return "Int64" if name == "price_year" else "float64"


def record_frame(
    records: Iterable[Record], record: type[Record], index: str | None = None
) -> pd.DataFrame:
    """Records as a frame with their fields as columns; missing text is ""."""
    import pandas as pd

    rows: list[Mapping[str, object]] = [
        {key: "" if cell is None else cell for key, cell in item} for item in records
    ]
    frame = pd.DataFrame(rows, columns=list(record.model_fields))
    return frame.set_index(index) if index else frame
