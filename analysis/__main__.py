"""Command line: evaluate, simulate, compare and probe scenarios without a notebook."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from analysis.registry import Scenario

DESCRIPTION = """\
Appraise Helseplattformen under a scenario: who pays what and when, who gains, what it comes to.

A SCENARIO is a JSON file, as saved from the page or by `new`, or the id of a named scenario
(`base` is the one that changes nothing). --set changes single values on top of it.
"""
EXAMPLES = """\
examples
  python -m analysis parameters price                  which values have "price" in their name
  python -m analysis new dear.json --set gp.hp_price=90000 --label "A dear licence"
  python -m analysis evaluate dear.json
  python -m analysis evaluate base --table totals --nominal -o totals.xlsx
  python -m analysis simulate dear.json --draws 65536 --workers 2 -o spread.csv
  python -m analysis compare base dear.json
  python -m analysis sensitivity base --outcome npv_municipalities --method sobol

Money is in million kroner at 2021 prices unless a unit says otherwise. Flows are seen from the
purse of the actor: what it pays is negative, what it gets is positive.
"""
TABLES = {
    "outcomes": "present values, ratios and shares, one number each",
    "flows": "money by year, actor and flow",
    "totals": "money by flow and actor, all years together",
    "adoption": "share of each segment that is live, by year",
    "series": "yearly totals, price index and exchange covered",
}


class CommandError(Exception):
    """A request that cannot be carried out; the message says what to change."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns the exit code: 0, or 2 for a request that is refused."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except BrokenPipeError:  # the reader of the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (CommandError, ValueError, LookupError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m analysis",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, text: str, more: str = "") -> argparse.ArgumentParser:
        made = commands.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}. {more}".strip(),
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        )
        made.set_defaults(run=globals()[f"_{name}"])
        return made

    evaluate = command("evaluate", "evaluate one scenario", "Takes some milliseconds.")
    _scenario(evaluate)
    texts = "; ".join(f"{name}: {text}" for name, text in TABLES.items())
    evaluate.add_argument("--table", choices=TABLES, default="outcomes", help=texts)
    evaluate.add_argument("--nominal", action="store_true", help="kroner of each year, for money")
    _output(evaluate)

    simulate = command(
        "simulate",
        "draw all uncertain values and give quantiles with standard errors",
        "A value that the scenario sets is held. The first run compiles the model, once.",
    )
    _scenario(simulate)
    simulate.add_argument("--draws", type=int, default=16384, help="at least so many draws")
    simulate.add_argument("--seed", type=int, default=1, help="same seed, same numbers")
    simulate.add_argument("--workers", type=int, default=1, help="draw side by side")
    simulate.add_argument("--method", choices=("sobol", "random"), default="sobol", help="points")
    simulate.add_argument(
        "--correlation", type=float, help="between costs that rise together, 0 to 1"
    )
    _output(simulate)

    compare = command("compare", "put the outcomes of several scenarios side by side")
    compare.add_argument("scenarios", nargs="+", metavar="SCENARIO", help="JSON file or id")
    _output(compare)

    sensitivity = command(
        "sensitivity",
        "find the uncertain values that matter most for an outcome",
        "tornado moves one value at a time from its P10 to its P90; sobol shares out the variance.",
    )
    _scenario(sensitivity)
    sensitivity.add_argument("--outcome", default="npv", help="id of an outcome, see evaluate")
    sensitivity.add_argument(
        "--method", choices=("tornado", "sobol"), default="tornado", help="how"
    )
    sensitivity.add_argument(
        "--n", type=int, default=256, help="base size of sobol, a power of two"
    )
    sensitivity.add_argument("--seed", type=int, default=1, help="same seed, same numbers")
    sensitivity.add_argument("--top", type=int, default=15, help="how many to show on screen")
    _output(sensitivity)

    parameters = command("parameters", "list the values that the model takes, with their limits")
    parameters.add_argument("words", nargs="*", help="only those whose id or label holds a word")
    _output(parameters)

    new = command("new", "write a scenario file")
    new.add_argument("file", type=Path, help="JSON file to write")
    new.add_argument(
        "--from", dest="scenario", default="base", help="JSON file or id to start from"
    )
    new.add_argument("--label", default="Custom scenario", help="name for readers")
    _changes(new)
    return parser


def _scenario(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", metavar="SCENARIO", help="JSON file or id")
    _changes(parser)


def _changes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set", dest="changes", action="append", default=[], metavar="ID=NUMBER",
        help="change a value, in its unit; may be repeated",
    )  # fmt: skip


def _output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", type=Path, help="also write the table, by suffix: .csv, .json or .xlsx"
    )


def _read(text: str, changes: Sequence[str] = (), label: str | None = None) -> Scenario:
    """Scenario from a file or by id, with changes such as "gp.hp_price=90000"."""
    from analysis import registry
    from analysis.studies.appraisal import load_scenario

    named = registry.load().scenarios
    if text in named:
        scenario = named[text]
    elif Path(text).exists():
        scenario = load_scenario(text)
    else:
        raise CommandError(
            f"SCENARIO = {text}: is neither a file nor a named scenario ({', '.join(named)})"
        )
    found = {}
    for change in changes:
        id, _, number = change.partition("=")
        try:
            found[id] = float(number)
        except ValueError:
            raise CommandError(
                f"--set {change}: must be ID=NUMBER with a decimal point, such as gp.hp_price=90000"
            ) from None
    return scenario.with_changes(found, label=label) if found or label else scenario


def _evaluate(options: argparse.Namespace) -> None:
    from analysis.studies.appraisal import evaluate

    result = evaluate(_read(options.scenario, options.changes))
    _title(result.scenario)
    table = shown = result.outcomes
    if options.table == "outcomes":
        shown = _worded(table, ["value"])
    elif options.table == "flows":
        table = result.nominal if options.nominal else result.flows
        table = table.loc[:, (table != 0.0).any()]
        shown = table.round(2)
    elif options.table == "totals":
        table = result.totals("nominal" if options.nominal else "real")
        shown = table.round(1)
    else:
        table = getattr(result, options.table)
        shown = table.round(3)
    _write(table, options.output)
    _show(shown)


def _simulate(options: argparse.Namespace) -> None:
    from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
    from contextlib import nullcontext

    from analysis.studies import runtime
    from analysis.studies.uncertainty import simulate

    if options.workers < 1:
        raise CommandError(f"--workers {options.workers}: must be at least 1")
    scenario = _read(options.scenario, options.changes)
    if runtime.available() and not runtime.cached():
        print("compiling the model, once ...", file=sys.stderr)
    # Compiled code runs side by side in threads; plain Python needs processes.
    pool = ThreadPoolExecutor if runtime.available() else ProcessPoolExecutor
    many = options.workers > 1
    with pool(options.workers) if many else nullcontext() as executor:
        found = simulate(
            scenario,
            options.draws,
            options.seed,
            executor if isinstance(executor, Executor) else None,
            correlation=options.correlation,
            method=options.method,
        )
    _title(scenario)
    print(f"{found.draws} draws in {found.replicates} replicates, seed {found.seed}")
    print(f"chance that gains have paid for all costs by 2038: {found.chance_payback:.1%}\n")
    table = found.table()
    shown = _worded(table, ["mean", "P10", "P50", "P85", "P90"])
    shown["below zero"] = [f"{share:.1%}" for share in table["below zero"]]
    _write(table, options.output)
    _show(shown)


def _compare(options: argparse.Namespace) -> None:
    from analysis.studies.appraisal import compare

    scenarios = {text: _read(text) for text in options.scenarios}
    for text, scenario in scenarios.items():
        print(f"{text}: {scenario.label} ({scenario.hash})")
    print()
    table = compare(scenarios)
    _write(table, options.output)
    _show(_worded(table, list(scenarios)))


def _sensitivity(options: argparse.Namespace) -> None:
    from analysis.studies import decision

    scenario = _read(options.scenario, options.changes)
    if options.method == "tornado":
        table = decision.tornado(options.outcome, scenario)
    else:
        table = decision.sobol(options.outcome, scenario, options.n, options.seed)
    _title(scenario)
    _write(table, options.output)
    _show(table.head(options.top).round(4))


def _parameters(options: argparse.Namespace) -> None:
    import pandas as pd

    from analysis import registry
    from analysis.model.parameters import NAMES

    reg = registry.load()
    rows = []
    for name in NAMES:
        record = reg.value(name)
        text = f"{name} {record.label}".lower()
        if all(word.lower() in text for word in options.words):
            lower, upper = (None, None) if record.formula else record.limits
            rows.append((name, reg[name], record.unit, lower, upper, record.status, record.label))
    if not rows:
        raise CommandError(f"no value of the model has {' '.join(options.words)!r} in its name")
    columns = ["id", "value", "unit", "minimum", "maximum", "status", "label"]
    table = pd.DataFrame(rows, columns=columns).set_index("id")
    _write(table, options.output)
    _show(table)


def _new(options: argparse.Namespace) -> None:
    scenario = _read(options.scenario, options.changes, options.label)
    options.file.write_text(scenario.to_json(), encoding="utf-8")
    print(f"wrote {options.file}: {scenario.label} ({scenario.hash})")


def _title(scenario: Scenario) -> None:
    print(f"{scenario.label} ({scenario.hash})")
    for id, value in scenario.changes.items():
        print(f"  {id} = {value:g} {scenario.registry.value(id).unit}")
    print()


def _worded(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The columns as text with their unit, beside the label."""
    from analysis.registry.formatting import format_value

    shown = table[["label"]].copy()
    for column in columns:
        pairs = zip(table[column], table["unit"], strict=True)
        shown[column] = [format_value(float(value), unit) for value, unit in pairs]
    return shown


def _show(table: pd.DataFrame) -> None:
    text = table.to_string(max_colwidth=60)
    print(
        text.encode(sys.stdout.encoding or "utf-8", "replace").decode(
            sys.stdout.encoding or "utf-8"
        )
    )


def _write(table: pd.DataFrame, path: Path | None) -> None:
    """Write a table to a file in the format of its suffix."""
    if path is None:
        return
    flat = table.copy()
    if flat.columns.nlevels > 1:
        flat.columns = [" ".join(map(str, names)) for names in flat.columns]
    if path.suffix == ".csv":
        flat.to_csv(path, lineterminator="\n")
    elif path.suffix == ".json":
        rows = json.loads(flat.reset_index().to_json(orient="records", double_precision=15))
        text = json.dumps(rows, indent=1, ensure_ascii=False, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")
    elif path.suffix == ".xlsx":
        try:
            flat.to_excel(path)
        except ModuleNotFoundError:
            raise CommandError(f"{path}: needs openpyxl; install it or write .csv") from None
    else:
        raise CommandError(f"{path}: suffix is {path.suffix!r}; must be .csv, .json or .xlsx")
    print(f"wrote {path}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
