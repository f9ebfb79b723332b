"""A small, valid data folder that a test may break in one place."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from analysis import registry
from analysis.registry import Registry
from analysis.registry.loading import DATA
from analysis.registry.records import Value

COLUMNS = list(Value.model_fields)

VALUES = [
    {
        "id": "cost.frame", "label": "Cost frame", "value": "3.7", "unit": "bnNOK", "date": "2021",
        "source": "paper", "locator": "box 1", "status": "article", "low": "2.7", "high": "6",
        "range_meaning": "min/max", "minimum": "1", "maximum": "10", "series": "cost_history",
    },
    {
        "id": "cost.audit", "label": "Cost by the audit", "value": "6700", "unit": "mNOK",
        "date": "2024-10", "source": "audit", "status": "second-hand", "series": "cost_history",
    },
    {
        "id": "users.planned", "label": "Planned users", "value": "40000", "unit": "users",
        "source": "paper", "locator": "box 1", "status": "article",
    },
    {
        "id": "time.lost", "label": "Time lost", "value": "30", "unit": "minutes",
        "source": "judgement", "status": "assumption", "low": "10", "mode": "25", "high": "60",
        "distribution": "triangular", "range_meaning": "P10/P90",
    },
    {
        "id": "cost.per_user", "label": "Frame per user", "unit": "NOK_per_user",
        "source": "judgement", "status": "derived", "formula": "cost.frame / users.planned",
    },
    {
        "id": "cost.per_user_twice", "label": "Twice that", "unit": "NOK_per_user",
        "source": "judgement", "status": "derived", "formula": "2 * cost.per_user",
    },
    {
        "id": "region.people", "label": "Inhabitants", "unit": "inhabitants",
        "source": "judgement", "status": "derived", "formula": "municipal_sum(pop_2021)",
    },
]  # fmt: skip

FILES = {
    "sources.csv": """\
id,producer,title,citation,url,published,accessed,licence,kind
paper,Paper,Interview,Paper: Interview (2022),https://example.org/a,2022,2026-11,,article
audit,Audit,Report,Audit: Report,https://example.org/b,2024-10,,,official
judgement,This project,Judgement,This project: judgement,,,,CC-BY-4.0,project
""",
    "conflicts.csv": """\
id,title,values,used,reason,guard,note
frame,Two totals,cost.frame;cost.audit,cost.frame,Another scope,cost.frame < cost.audit,
""",
    "claims.csv": """\
id,speaker,topic,kind,stance,paraphrase,paragraph,strength,informs
price,manager,cost,fear,against,It may cost more than now,12,strong,cost.frame;cost.per_user
""",
    "codebook.csv": "code,label,definition,include,exclude\ncost,Cost,What is paid,prices,time\n",
    "evidence.csv": """\
id,claim,relation,finding,source,locator,status
price-audit,price,supports,It became dearer,audit,chapter 1,official
""",
    "glossary.csv": "id,term,norwegian,definition\nframe,cost frame,kostnadsramme,Most to spend\n",
    "municipality_status.csv": """\
id,code,date,status,figure,source,locator,record_status,note
trondheim-live,5001,2022-05-07,live,,paper,,press,Started
""",
    "scenarios.yaml": """\
- id: base
  label: Base values
- id: dear
  label: Dearer
  description: A frame of 4.2 bn NOK
  changes:
    cost.frame: {value: 4200, unit: mNOK}
""",
}


class Folder:
    """A data folder on disk, with ways to break it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "values").mkdir()
        for name in ("units.csv", "municipalities.csv"):
            shutil.copy(DATA / name, path / name)
        for name, text in FILES.items():
            self.write(name, text)
        self.write_values("values/main.csv", VALUES)

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        return (self.path / name).read_text(encoding="utf-8")

    def write_values(self, name: str, rows: list[dict[str, str]]) -> None:
        with (self.path / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def replace(self, name: str, old: str, new: str) -> None:
        text = self.read(name)
        assert text.count(old) >= 1, f"{old!r} is not in {name}"
        self.write(name, text.replace(old, new, 1))

    def set(self, name: str, row: int, column: str, cell: str) -> None:
        """Write a cell; `row` counts lines from 1, the header being line 1."""
        with (self.path / name).open(encoding="utf-8", newline="") as file:
            lines = list(csv.reader(file))
        lines[row - 1][lines[0].index(column)] = cell
        with (self.path / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)

    def load(self) -> Registry:
        return registry.load(self.path)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def small(folder: Folder) -> Registry:
    return folder.load()


@pytest.fixture(scope="session")
def real() -> Registry:
    return registry.load()
