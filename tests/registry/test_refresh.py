"""The client for Statistics Norway, against a small server that answers in the same format."""

from __future__ import annotations

import csv
import json
import math
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from analysis.registry import refresh
from analysis.registry.__main__ import main
from analysis.registry.refresh import Difference, RefreshError

SPLIT = {"1508": 58_509, "1580": 9_357}  # Ålesund and Haram on 1 January 2024
ONE_AGE = {"age_0_17": "010", "age_18_66": "040", "age_67_plus": "070", "age_80_plus": "105+"}


def stored(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "municipalities.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


def json_stat(dimensions: dict[str, list[str]], value: object) -> dict[str, object]:
    return {
        "version": "2.0",
        "class": "dataset",
        "id": list(dimensions),
        "size": [len(codes) for codes in dimensions.values()],
        "dimension": {
            name: {
                "label": name,
                "category": {
                    "index": {code: n for n, code in enumerate(codes)},
                    "label": {code: code for code in codes},
                },
            }
            for name, codes in dimensions.items()
        },
        "value": value,
    }


class Statistics:
    """A stand-in for Statistics Norway that answers with the stored figures, plus `changes`."""

    def __init__(self, folder: Path) -> None:
        self.places = stored(folder)
        self.changes: dict[tuple[str, str], int] = {}
        self.queries: list[dict[str, object]] = []
        self.status, self.body, self.delay, self.lost = 200, b"", 0.0, 0

    def answer(self, table: str, query: dict[str, object]) -> bytes:
        self.queries.append(query)
        time.sleep(self.delay)
        if self.body:
            return self.body
        dimensions = {part["code"]: part["selection"]["values"] for part in query["query"]}
        count = self.population if table == "07459" else self.employed
        sizes = [range(len(codes)) for codes in dimensions.values()]
        value = [None] * math.prod(map(len, sizes))
        position = 0
        regions, years = dimensions["Region"], dimensions["Tid"]
        ages = dimensions["Alder"] if table == "07459" else ["15-74"]
        for region in regions:
            for age in ages:
                for year in years:
                    value[position] = count(region, age, year)
                    position += 1
        return json.dumps(json_stat(dimensions, value)).encode()

    def population(self, region: str, age: str, year: str) -> int | None:
        if region == "1507" and year == "2024":
            return None
        if region in SPLIT:
            return (SPLIT[region] if age == "040" else 0) if year == "2024" else None
        row = self.places[region]
        if year != "2021":
            count = int(row[f"pop_{year}"]) if age == "040" else 0
        else:
            bands = {age_code: int(row[band]) for band, age_code in ONE_AGE.items()}
            bands["070"] -= bands["105+"]
            count = bands.get(age, 0)
        return count + (self.changes.get((region, year), 0) if age == "040" else 0)

    def employed(self, region: str, age: str, year: str) -> int | None:
        split = region == "1507" and year == "2024"
        new = region in SPLIT and year != "2024"
        return None if split or new else int(region)


@pytest.fixture
def statistics(folder) -> Iterator[Statistics]:
    served = Statistics(folder.path)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            query = json.loads(self.rfile.read(length))
            body = served.answer(self.path.rsplit("/", 1)[-1], query)
            self.send_response(served.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body) + served.lost))
            self.end_headers()
            try:
                self.wfile.write(body)
            except BrokenPipeError:
                return

        def log_message(self, *arguments: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.api = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


def run(folder, statistics, *arguments: str) -> int:
    command = ["--data", str(folder.path), "refresh", "--api", statistics.api, *arguments]
    return main(command)


def test_the_question_is_the_one_the_service_documents(folder, statistics):
    refresh.compare(folder.path, statistics.api)
    population, employment = statistics.queries
    assert population["response"] == {"format": "json-stat2"}
    asked = {part["code"]: part["selection"] for part in population["query"]}
    assert set(asked) == {"Region", "Alder", "ContentsCode", "Tid"}
    assert asked["ContentsCode"] == {"filter": "item", "values": ["Personer1"]}
    assert asked["Tid"]["values"] == ["2020", "2021", "2022", "2023", "2024"]
    assert asked["Alder"]["values"][::105] == ["000", "105+"]
    assert {"5001", "1507", "1508", "1580"} <= set(asked["Region"]["values"])
    asked = {part["code"]: part["selection"]["values"] for part in employment["query"]}
    assert asked["NACE2007"] == ["86-88"]


def test_equal_figures_differ_only_in_what_was_never_stored(folder, statistics):
    differences = refresh.compare(folder.path, statistics.api)
    assert {difference.file for difference in differences} == {"health_employment.csv"}
    assert len(differences) == 66 * 5
    assert {difference.stored for difference in differences} == {None}


def test_a_difference_is_named(folder, statistics, capsys):
    statistics.changes["5001", "2022"] = 7
    assert run(folder, statistics, "--check") == 1
    printed = capsys.readouterr()
    assert (
        "municipalities.csv: 5001 pop_2022: stored 210496, Statistics Norway has 210503"
        in printed.out
    )
    assert "nothing was written" in printed.err
    assert stored(folder.path)["5001"]["pop_2022"] == "210496"


def test_the_parts_of_a_split_municipality_are_added(folder, statistics):
    """Ålesund was split in 2024: its old code stops, two new ones start."""
    found = refresh.fetch_population(["1507", "5001"], statistics.api)
    assert found["1507"]["pop_2024"] == 58_509 + 9_357 == 67_866
    assert found["1507"]["pop_2023"] == 67_520
    assert set(found) == {"1507", "5001"}
    employed = refresh.fetch_employment(["1507"], statistics.api)
    assert employed["1507", 2024] == 1508 + 1580
    assert employed["1507", 2023] == 1507


def test_refresh_writes_and_then_agrees(folder, statistics, capsys):
    statistics.changes["5001", "2022"] = 7
    before = folder.read("municipalities.csv")
    assert run(folder, statistics) == 0
    after = folder.read("municipalities.csv")
    assert after == before.replace("210496", "210503")
    assert folder.read("health_employment.csv").splitlines()[:2] == [
        "code,year,employed",
        "1505,2020,1505",
    ]
    assert "331 figures written" in capsys.readouterr().out
    assert run(folder, statistics, "--check") == 0
    assert "agree" in capsys.readouterr().out
    assert len(folder.load().health_employment) == 330


def test_new_ages_are_written_with_the_population_they_sum_to(folder, statistics):
    statistics.changes["5001", "2021"] = 5
    run(folder, statistics)
    row = folder.load().municipalities.loc["5001"]
    assert row["pop_2021"] == 207_600
    assert row["age_0_17"] + row["age_18_66"] + row["age_67_plus"] == 207_600


def test_no_network_says_so_and_writes_nothing(folder, capsys):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        api = f"http://127.0.0.1:{closed.getsockname()[1]}"
    before = folder.read("municipalities.csv")
    for arguments in (["--check"], []):
        assert main(["--data", str(folder.path), "refresh", "--api", api, *arguments]) == 2
        assert "no network" in capsys.readouterr().err
    assert folder.read("municipalities.csv") == before
    assert not (folder.path / "health_employment.csv").exists()


def test_a_slow_answer_is_given_up(folder, statistics, capsys):
    statistics.delay = 0.5
    assert run(folder, statistics, "--check", "--timeout", "0.1") == 2
    assert "did not answer within 0.1 seconds" in capsys.readouterr().err


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_an_error_of_the_service_is_told(folder, statistics, capsys, status):
    statistics.status, statistics.body = status, b'{"error": "Too many cells"}'
    assert run(folder, statistics, "--check") == 2
    message = capsys.readouterr().err
    assert f"answered {status}" in message
    assert "Too many cells" in message


def test_an_answer_that_breaks_off_is_told(folder, statistics, capsys):
    statistics.lost = 10
    assert run(folder, statistics, "--check") == 2
    assert "no whole answer" in capsys.readouterr().err


@pytest.mark.parametrize("api", ["nowhere", "gopher://nowhere"])
def test_an_address_that_is_none_is_told(folder, capsys, api):
    assert main(["--data", str(folder.path), "refresh", "--check", "--api", api]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_stored_year_that_the_service_lacks_is_a_difference(folder, statistics):
    folder.write("health_employment.csv", "code,year,employed\n5001,2019,3\n5001,2020,5001\n")
    found = refresh.update(folder.path, statistics.api)
    gone = Difference("health_employment.csv", "5001", "employed 2019", 3, None)
    assert gone in found
    assert len(found) == 330
    assert "2019" not in folder.read("health_employment.csv")


REGION_YEAR = {"Region": ["5001"], "Alder": ["040"], "Tid": ["2021"]}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "not a JSON-stat 2 data set"),
        (b'{"class": "collection"}', "not a JSON-stat 2 data set"),
        (b'{"class": "dataset"}', "'id' and 'size'"),
        ({**json_stat(REGION_YEAR, [1]), "size": [1]}, "'id' and 'size'"),
        ({**json_stat(REGION_YEAR, [1]), "size": [1, 2, 1]}, "'Alder' has 1 codes"),
        ({**json_stat(REGION_YEAR, [1]), "dimension": {}}, "dimension 'Region'"),
        ({**json_stat(REGION_YEAR, [1]), "dimension": None}, "dimension 'Region'"),
        (json_stat(REGION_YEAR, [1, 2]), "1 values, but has 2"),
        (json_stat(REGION_YEAR, None), "1 values, but has no"),
        (json_stat(REGION_YEAR, ["many"]), "not a number: 'many'"),
        (json_stat(REGION_YEAR, [True]), "not a number: True"),
        (json_stat(REGION_YEAR, [1.5]), "whole number"),
        (json_stat(REGION_YEAR, [-1]), "whole number"),
        (json_stat(REGION_YEAR, [None]), "no inhabitants for 5001"),
        (json_stat({"Region": ["5001"], "Tid": ["2021"]}, [1]), "lacks the dimension Alder"),
        (json_stat({**REGION_YEAR, "Region": ["0301"]}, [1]), "not asked for"),
        (json_stat({**REGION_YEAR, "Alder": ["total"]}, [1]), "not a number of years"),
        (json_stat({**REGION_YEAR, "Tid": ["1999"]}, [1]), "year that was not asked for"),
    ],
)
def test_a_malformed_answer_is_refused(statistics, body, words):
    statistics.body = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(RefreshError, match=words):
        refresh.fetch_population(["5001"], statistics.api)


def test_a_sparse_answer_and_a_list_index_are_read():
    data = json_stat({"Region": ["a", "b"], "Tid": ["1", "2"]}, {"0": 5, "3": 7})
    data["dimension"]["Region"]["category"]["index"] = ["a", "b"]
    cube = refresh.parse_json_stat(json.dumps(data))
    assert cube.values == (5, None, None, 7)
    assert list(cube.cells())[3] == ({"Region": "b", "Tid": "2"}, 7)


def test_codes_come_in_the_order_of_their_index():
    data = json_stat({"Region": ["a", "b"]}, [1, 2])
    data["dimension"]["Region"]["category"]["index"] = {"a": 1, "b": 0}
    cube = refresh.parse_json_stat(json.dumps(data))
    assert {cell["Region"]: value for cell, value in cube.cells()} == {"b": 1, "a": 2}


def test_a_dimension_of_one_category_may_have_only_a_label():
    data = json_stat({"Region": ["a"]}, [1])
    del data["dimension"]["Region"]["category"]["index"]
    assert refresh.parse_json_stat(json.dumps(data)).codes == (("a",),)


def test_a_difference_reads_well():
    assert str(Difference("health_employment.csv", "5001", "employed 2021", None, 4)) == (
        "health_employment.csv: 5001 employed 2021: stored nothing, Statistics Norway has 4"
    )
