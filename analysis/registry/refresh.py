"""Ask Statistics Norway for population and health employment, and compare or write the answer.

Table 07459 has inhabitants by age on 1 January, table 07984 employed persons by industry (here
86-88, health and social work, by place of work, fourth quarter). The PxWeb interface takes a JSON
query and answers in JSON-stat 2. Documentation: https://www.ssb.no/en/api/pxwebapi and
https://json-stat.org/full/. Licence of the figures: NLOD 2.0.
"""

from __future__ import annotations

import csv
import http.client
import itertools
import json
import math
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from analysis.registry.loading import DATA

API = "https://data.ssb.no/api/v0/en/table"
POPULATION_TABLE, EMPLOYMENT_TABLE = "07459", "07984"
HEALTH_AND_SOCIAL = "86-88"
YEARS = (2020, 2021, 2022, 2023, 2024)
AGE_YEAR = 2021
AGE_BANDS = {"age_0_17": (0, 17), "age_18_66": (18, 66), "age_67_plus": (67, 200),
             "age_80_plus": (80, 200)}  # fmt: skip
# Ålesund was split on 1 January 2024. A code counts only in the years in which it was in force,
# so the sum over all three is the same area in every year.
SAME_AREA = {"1507": ("1507", "1508", "1580")}
TIMEOUT_SECONDS = 30.0
_MOST_BYTES = 50_000_000


class RefreshError(RuntimeError):
    """Statistics Norway could not be asked, or its answer could not be read."""


class Difference(NamedTuple):
    """A cell of data/ that differs from the answer; None where one side has nothing."""

    file: str
    code: str
    field: str
    stored: int | None
    answered: int | None

    def __str__(self) -> str:
        stored = "nothing" if self.stored is None else self.stored
        answered = "nothing" if self.answered is None else self.answered
        return (
            f"{self.file}: {self.code} {self.field}: stored {stored}, "
            f"Statistics Norway has {answered}"
        )


class Cube(NamedTuple):
    """A JSON-stat 2 data set: the codes of each dimension, and values in row-major order."""

    dimensions: tuple[str, ...]
    codes: tuple[tuple[str, ...], ...]
    values: tuple[float | None, ...]

    def cells(self) -> Iterable[tuple[dict[str, str], float | None]]:
        """Yield the codes of each cell by dimension, with its value (None if missing)."""
        for codes, value in zip(itertools.product(*self.codes), self.values, strict=True):
            yield dict(zip(self.dimensions, codes, strict=True)), value


def parse_json_stat(text: str) -> Cube:
    """Read a JSON-stat 2 data set. Raises RefreshError, naming the part, if it is not one."""
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise RefreshError(f"the answer is not JSON: {error}") from None
    if not isinstance(data, dict) or data.get("class") != "dataset":
        raise RefreshError("the answer is not a JSON-stat 2 data set: class is not 'dataset'")
    names, sizes = data.get("id"), data.get("size")
    if not isinstance(names, list) or not isinstance(sizes, list) or len(names) != len(sizes):
        raise RefreshError("the answer has no matching 'id' and 'size'")
    codes = tuple(_codes(data, str(name), size) for name, size in zip(names, sizes, strict=True))
    return Cube(tuple(map(str, names)), codes, _cells(data, math.prod(map(len, codes))))


def _codes(data: Mapping[str, Any], name: str, size: object) -> tuple[str, ...]:
    """Codes of one dimension in order. A dimension of one category may leave out its index."""
    try:
        category = data["dimension"][name]["category"]
        index = category.get("index", list(category.get("label", {})))
        ordered = sorted(index, key=index.__getitem__) if isinstance(index, dict) else list(index)
    except (KeyError, TypeError, AttributeError):
        raise RefreshError(f"the answer does not describe its dimension {name!r}") from None
    if len(ordered) != size:
        raise RefreshError(f"dimension {name!r} has {len(ordered)} codes, but its size is {size}")
    return tuple(map(str, ordered))


def _cells(data: Mapping[str, Any], count: int) -> tuple[float | None, ...]:
    """All values; a sparse answer gives them by position."""
    raw = data.get("value")
    if isinstance(raw, dict):
        raw = [raw.get(str(position)) for position in range(count)]
    if not isinstance(raw, list) or len(raw) != count:
        found = len(raw) if isinstance(raw, list) else "no"
        raise RefreshError(f"the answer should have {count} values, but has {found}")
    for value in raw:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is not None and not (number and math.isfinite(value)):
            raise RefreshError(f"the answer has a value that is not a number: {value!r}")
    return tuple(raw)


def query(selections: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Make a PxWeb query that selects the codes given by dimension."""
    return {
        "query": [
            {"code": code, "selection": {"filter": "item", "values": list(values)}}
            for code, values in selections.items()
        ],
        "response": {"format": "json-stat2"},
    }


def ask(
    table: str,
    selections: Mapping[str, Sequence[str]],
    api: str = API,
    timeout: float = TIMEOUT_SECONDS,
) -> Cube:
    """Post a query to a table. Raises RefreshError that says what went wrong."""
    address = f"{api}/{table}"
    try:
        request = urllib.request.Request(
            address,
            data=json.dumps(query(selections)).encode(),
            headers={"Content-Type": "application/json", "User-Agent": "helseplattformen-analysis"},
        )
        with urllib.request.urlopen(request, timeout=timeout) as response:
            body = response.read(_MOST_BYTES + 1)
            if response.length and len(body) <= _MOST_BYTES:
                raise http.client.IncompleteRead(body, response.length)
    except urllib.error.HTTPError as error:
        detail = error.read(200).decode("utf-8", "replace").strip()
        raise RefreshError(f"{address} answered {error.code} {error.reason}: {detail}") from None
    except TimeoutError:
        raise RefreshError(f"{address} did not answer within {timeout:g} seconds") from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise RefreshError(f"{address} did not answer within {timeout:g} seconds") from None
        raise RefreshError(f"no network, or no way to {address}: {error.reason}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise RefreshError(f"no whole answer from {address}: {error}") from None
    if len(body) > _MOST_BYTES:
        raise RefreshError(f"the answer of {address} is larger than {_MOST_BYTES} bytes")
    return parse_json_stat(body.decode("utf-8", "replace"))


def fetch_population(
    codes: Iterable[str], api: str = API, timeout: float = TIMEOUT_SECONDS
) -> dict[str, dict[str, int]]:
    """Population columns of municipalities.csv by municipality code, from table 07459."""
    ages = [f"{age:03d}" for age in range(105)] + ["105+"]
    areas = _areas(codes)
    cube = ask(
        POPULATION_TABLE,
        {
            "Region": list(areas),
            "Alder": ages,
            "ContentsCode": ["Personer1"],
            "Tid": [str(year) for year in YEARS],
        },
        api,
        timeout,
    )
    found = {code: dict.fromkeys([*_POPULATION, *AGE_BANDS], 0) for code in areas.values()}
    for codes_of, value in _asked_cells(cube, areas, "Alder"):
        place, year = found[areas[codes_of["Region"]]], codes_of["Tid"]
        count = _whole(value, codes_of)
        place[f"pop_{year}"] += count
        if year == str(AGE_YEAR):
            age = _age(codes_of["Alder"])
            for band, (first, last) in AGE_BANDS.items():
                place[band] += count if first <= age <= last else 0
    empty = [f"{code} {field}" for code, row in found.items() for field in row if not row[field]]
    if empty:
        raise RefreshError(f"the answer has no inhabitants for {', '.join(empty[:5])}")
    return found


def fetch_employment(
    codes: Iterable[str], api: str = API, timeout: float = TIMEOUT_SECONDS
) -> dict[tuple[str, int], int]:
    """Employed persons in health and social work, by municipality code and year (07984)."""
    areas = _areas(codes)
    cube = ask(
        EMPLOYMENT_TABLE,
        {
            "Region": list(areas),
            "NACE2007": [HEALTH_AND_SOCIAL],
            "Kjonn": ["0"],
            "Alder": ["15-74"],
            "ContentsCode": ["SysselsatteArb"],
            "Tid": [str(year) for year in YEARS],
        },
        api,
        timeout,
    )
    found: dict[tuple[str, int], int] = {}
    for codes_of, value in _asked_cells(cube, areas):
        key = areas[codes_of["Region"]], int(codes_of["Tid"])
        found[key] = found.get(key, 0) + _whole(value, codes_of)
    empty = [f"{code} in {year}" for (code, year), count in found.items() if not count]
    if empty:
        raise RefreshError(f"the answer has no employed persons for {', '.join(empty[:5])}")
    return found


_POPULATION = tuple(f"pop_{year}" for year in YEARS)


def _areas(codes: Iterable[str]) -> dict[str, str]:
    """Codes to ask for, each with the municipality of municipalities.csv that it belongs to."""
    return {part: code for code in codes for part in SAME_AREA.get(code, (code,))}


def _asked_cells(
    cube: Cube, areas: Mapping[str, str], *needed: str
) -> Iterable[tuple[dict[str, str], float | None]]:
    """Yield the cells, after a check that all dimensions are there and were asked for."""
    missing = [name for name in ("Region", "Tid", *needed) if name not in cube.dimensions]
    if missing:
        raise RefreshError(f"the answer lacks the dimension {', '.join(missing)}")
    for codes, value in cube.cells():
        if codes["Region"] not in areas:
            raise RefreshError(f"the answer has an area that was not asked for: {codes}")
        if codes["Tid"] not in map(str, YEARS):
            raise RefreshError(f"the answer has a year that was not asked for: {codes}")
        yield codes, value


def _whole(value: float | None, codes: Mapping[str, str]) -> int:
    """A count; missing means a code that was not in force, which counts as none."""
    if value is None:
        return 0
    if value < 0 or value != int(value):
        raise RefreshError(f"a count should be a whole number from 0; {dict(codes)} has {value}")
    return int(value)


def _age(code: str) -> int:
    digits = code.removesuffix("+")
    if not digits.isdigit():
        raise RefreshError(f"the answer has an age that is not a number of years: {code!r}")
    return int(digits)


def compare(
    folder: Path = DATA, api: str = API, timeout: float = TIMEOUT_SECONDS
) -> list[Difference]:
    """Ask for both tables and list what differs from the files in `folder`."""
    _, places = _read(folder / "municipalities.csv")
    codes = [place["code"] for place in places]
    population = fetch_population(codes, api, timeout)
    employment = fetch_employment(codes, api, timeout)
    found = [
        Difference("municipalities.csv", place["code"], field, int(place[field]), answered)
        for place in places
        for field, answered in population[place["code"]].items()
        if int(place[field]) != answered
    ]
    path = folder / "health_employment.csv"
    stored = (
        {(row["code"], int(row["year"])): int(row["employed"]) for row in _read(path)[1]}
        if path.is_file()
        else {}
    )
    for code, year in sorted(stored.keys() | employment.keys()):
        old, new = stored.get((code, year)), employment.get((code, year))
        if old != new:
            found.append(Difference("health_employment.csv", code, f"employed {year}", old, new))
    return found


def update(
    folder: Path = DATA, api: str = API, timeout: float = TIMEOUT_SECONDS
) -> list[Difference]:
    """Write the answers into `folder` and list what changed. Both answers come before any write."""
    differences = compare(folder, api, timeout)
    path = folder / "municipalities.csv"
    columns, places = _read(path)
    by_code = {place["code"]: place for place in places}
    employment: dict[tuple[str, str], str] = {}
    file = folder / "health_employment.csv"
    if file.is_file():
        employment = {(row["code"], row["year"]): row["employed"] for row in _read(file)[1]}
    for difference in differences:
        if difference.file == "municipalities.csv":
            by_code[difference.code][difference.field] = str(difference.answered)
            continue
        key = difference.code, difference.field.removeprefix("employed ")
        if difference.answered is None:
            del employment[key]
        else:
            employment[key] = str(difference.answered)
    if any(difference.file == "municipalities.csv" for difference in differences):
        _write(path, columns, [list(place.values()) for place in places])
    if any(difference.file == "health_employment.csv" for difference in differences):
        rows = [[code, year, count] for (code, year), count in sorted(employment.items())]
        _write(file, ["code", "year", "employed"], rows)
    return differences


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        rows = list(reader)
        return list(reader.fieldnames or []), rows


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Replace a file in one step, so that a break leaves the old or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    os.chmod(name, 0o644)
    os.replace(name, path)
