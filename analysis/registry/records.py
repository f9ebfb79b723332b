"""The records of the registry: what each file in data/ may hold, as frozen, documented classes."""

from __future__ import annotations

import datetime
import keyword
import math
import re
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

Status = Literal["article", "official", "research", "press", "second-hand", "derived", "assumption"]
SourceKind = Literal["article", "official", "research", "press", "opinion", "project"]
Distribution = Literal["triangular", "pert", "lognormal", "normal", "uniform", "beta"]
ClaimKind = Literal["fact", "promise", "demand", "fear", "opinion"]
Relation = Literal["supports", "contradicts", "qualifies", "silent"]
StatusOfMunicipality = Literal[
    "option", "signed", "live", "owner", "planned", "no", "postponed", "advice"
]

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_PERCENTILES = re.compile(r"P(\d{1,2}(?:\.\d+)?)/P(\d{1,2}(?:\.\d+)?)", re.ASCII)
_INTERVAL = re.compile(r"(\d{1,2}(?:\.\d+)?) % interval", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1900, 2100


def refuse(kind: str, allowed: str) -> PydanticCustomError:
    """Make the error of a validator; `allowed` says in words what would have been accepted."""
    return PydanticCustomError(kind, "{allowed}", {"allowed": allowed})


def plain_number(value: Any) -> Any:
    """Accept a number, or text with a decimal point; refuse commas, spaces, NaN and infinity."""
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise refuse("number", "a number with a decimal point, such as 3.7 or 1e9")
    if isinstance(value, bool):
        raise refuse("number", "a number, not true or false")
    return value


def _dotted(value: str) -> str:
    parts = value.split(".")
    usable = all(re.fullmatch(r"[a-z_][a-z0-9_]*", part) for part in parts)
    if len(parts) < 2 or not usable or any(keyword.iskeyword(part) for part in parts):
        raise refuse("value_id", "a dotted lower-case id such as cost.frame_article")
    return value


def _date(value: str) -> str:
    allowed = f"YYYY, YYYY-MM or YYYY-MM-DD between {_FIRST_YEAR} and {_LAST_YEAR}"
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", value):
        raise refuse("date", allowed)
    try:
        day = datetime.date.fromisoformat((value + "-01-01")[:10])
    except ValueError:
        raise refuse("date", allowed) from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise refuse("date", allowed)
    return value


def _address(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+\S*", value):
        raise refuse("url", "an address that starts with https:// or http://")
    return value


def _range_meaning(value: str) -> str:
    range_quantiles(value)
    return value


def range_quantiles(meaning: str) -> tuple[float, float]:
    """Probabilities that the ends of a range stand for: "P10/P90" gives (0.1, 0.9).

    "min/max" gives (0, 1) and "95 % interval" (0.025, 0.975). Anything else is an error.
    """
    if meaning == "min/max":
        return 0.0, 1.0
    if match := _PERCENTILES.fullmatch(meaning):
        low, high = float(match[1]) / 100, float(match[2]) / 100
        if low < high:
            return low, high
    if (match := _INTERVAL.fullmatch(meaning)) and float(match[1]) > 0:
        tail = (1 - float(match[1]) / 100) / 2
        return tail, 1 - tail
    raise refuse("range_meaning", 'such as "P10/P90", "min/max" or "95 % interval"')


def _ids(value: Any) -> Any:
    """Split a cell such as "a.b;c.d"; a list (from JSON) passes as it is."""
    return tuple(part.strip() for part in value.split(";")) if isinstance(value, str) else value


Text = Annotated[str, Field(min_length=1)]
Real = Annotated[float, BeforeValidator(plain_number), Field(allow_inf_nan=False)]
# The check of the text comes last here, so that it runs first and the bounds enter the JSON schema.
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False), BeforeValidator(plain_number)]
Count = Annotated[int, Field(ge=0), BeforeValidator(plain_number)]
Year = Annotated[int, Field(ge=_FIRST_YEAR, le=_LAST_YEAR), BeforeValidator(plain_number)]
Decimals = Annotated[int, Field(ge=0, le=6), BeforeValidator(plain_number)]
CentralityClass = Annotated[int, Field(ge=1, le=6), BeforeValidator(plain_number)]
CentralityIndex = Annotated[int, Field(ge=0, le=1000), BeforeValidator(plain_number)]
ValueId = Annotated[str, AfterValidator(_dotted)]
ShortId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Date = Annotated[str, AfterValidator(_date)]
Address = Annotated[str, AfterValidator(_address)]
ValueIds = Annotated[tuple[ValueId, ...], BeforeValidator(_ids)]
MunicipalityCode = Annotated[str, Field(pattern=r"^[0-9]{4}$")]


class Problem(NamedTuple):
    """One thing that is wrong in data/: where it is, what stands there and what is allowed."""

    file: str
    row: int
    field: str
    value: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.file}:{self.row}: {self.field} = {self.value!r}; allowed: {self.allowed}"


class RegistryError(ValueError):
    """The data are not valid. `problems` lists everything found, not only the first thing."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join([f"{count} in the data:", *map(str, problems)]))


class Record(BaseModel):
    """Base of all records: frozen, no unknown fields, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Unit(Record):
    """A unit of measurement. Units of one kind convert into each other."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", description="Key of the unit.")]
    label: Text = Field(description="Name in plain English.")
    symbol: str = Field(default="", description="What is printed after a number in English.")
    symbol_nb: str = Field(default="", description="What is printed in Norwegian.")
    kind: Text = Field(description="What is measured; only units of one kind convert.")
    scale: Positive = Field(description="How many base units one unit is.")
    base: Text = Field(description="The unit of the same kind with scale 1.")
    decimals: Decimals = Field(description="Usual decimals shown.")
    minimum: Real | None = Field(default=None, description="Least amount that makes sense.")
    maximum: Real | None = Field(default=None, description="Greatest amount that makes sense.")

    def to_base(self, x: float) -> float:
        """Convert an amount in this unit to the base unit of its kind."""
        return x * self.scale

    def from_base(self, x: float) -> float:
        """Convert an amount in the base unit of this kind to this unit."""
        return x / self.scale


class Source(Record):
    """Where a figure or a statement comes from."""

    id: ShortId = Field(description="Key of the source, in kebab case.")
    producer: Text = Field(description="Who made it.")
    title: Text = Field(description="Its title.")
    citation: Text = Field(description="Full citation.")
    url: Address | None = Field(default=None, description="Address, if it has one.")
    published: Date | None = Field(default=None, description="Date of publication.")
    accessed: Date | None = Field(default=None, description="Date on which it was read.")
    licence: str = Field(default="", description="Licence of the material.")
    kind: SourceKind = Field(description="Sort of source.")


class Value(Record):
    """A number with its pedigree. Derived values hold a formula and are recomputed."""

    id: ValueId = Field(description="Key: dotted lower-case Python identifiers.")
    label: Text = Field(description="What the number is, in plain English.")
    value: Real | None = Field(default=None, description="Base value, in the unit; or a formula.")
    unit: Text = Field(description="Unit id.")
    date: Date | None = Field(default=None, description="Date that the number refers to.")
    price_year: Year | None = Field(default=None, description="Year of the price level.")
    price_basis: Literal["nominal", "real"] | None = Field(
        default=None, description="Whether an amount is in current or constant prices."
    )
    source: Text = Field(description="Source id.")
    locator: str = Field(default="", description="Paragraph, table or section in the source.")
    status: Status = Field(description="How well the number is known.")
    low: Real | None = Field(default=None, description="Lower end of the range.")
    mode: Real | None = Field(default=None, description="Most likely value, if not the base.")
    high: Real | None = Field(default=None, description="Upper end of the range.")
    distribution: Distribution | None = Field(default=None, description="Shape of uncertainty.")
    range_meaning: Annotated[str, AfterValidator(_range_meaning)] | None = Field(
        default=None, description='What low and high stand for, such as "P10/P90" or "min/max".'
    )
    minimum: Real | None = Field(default=None, description="Least value a scenario may set.")
    maximum: Real | None = Field(default=None, description="Greatest value a scenario may set.")
    step: Positive | None = Field(default=None, description="Step of a control on the page.")
    series: str = Field(default="", description="Name of the time series or table it is in.")
    formula: str = Field(default="", description="Arithmetic over ids, in base units.")
    note: str = Field(default="", description="What a reader should know about the number.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        derived = self.status == "derived"
        if derived and not self.formula:
            raise _at("formula", "a formula, since the status is derived")
        if self.formula and not derived:
            raise _at("status", "derived, since there is a formula", self.status)
        if derived and self.value is not None:
            raise _at("value", "empty: a derived value is recomputed, never typed", self.value)
        if not derived and self.value is None:
            raise _at("value", "a number, unless the status is derived")
        if (self.low is None) != (self.high is None):
            raise _at("low" if self.low is None else "high", "both low and high, or neither")
        if self.low is not None and self.high is not None:
            self._check_range(self.low, self.high)
        elif self.status == "assumption":
            raise _at("low", "a number: an assumption needs a range, low and high")
        elif self.mode is not None or self.distribution or self.range_meaning:
            raise _at("low", "a number: mode, distribution and range_meaning need low and high")
        if self.price_basis == "real" and self.price_year is None:
            raise _at("price_year", "a year, since the price basis is real")
        self._check_limits()
        return self

    def _check_range(self, low: float, high: float) -> None:
        if low > high or (low == high and self.status == "assumption"):
            raise _at("low", f"less than high, {high:g}", low)
        if not self.range_meaning:
            raise _at("range_meaning", 'such as "P10/P90" or "min/max", since there is a range')
        for name, x in (("value", self.value), ("mode", self.mode)):
            if x is not None and not low <= x <= high:
                raise _at(name, f"from low to high, {low:g} to {high:g}", x)
        if self.distribution == "lognormal" and low <= 0:
            raise _at("low", "greater than 0, since the distribution is lognormal", low)
        if (
            self.distribution == "beta"
            and self.range_meaning != "min/max"
            and (low < 0 or high > 1)
        ):
            raise _at("high", "from 0 to 1, since the distribution is beta", high)

    def _check_limits(self) -> None:
        lower = -math.inf if self.minimum is None else self.minimum
        upper = math.inf if self.maximum is None else self.maximum
        if lower > upper:
            raise _at("minimum", f"at most the maximum, {upper:g}", lower)
        for name in ("value", "low", "high"):
            x = getattr(self, name)
            if x is not None and not lower <= x <= upper:
                raise _at(name, f"from minimum to maximum, {lower:g} to {upper:g}", x)

    @property
    def quantiles(self) -> tuple[float, float] | None:
        """Probabilities of low and high, such as (0.1, 0.9); None without a range."""
        return range_quantiles(self.range_meaning) if self.range_meaning else None

    @property
    def limits(self) -> tuple[float, float]:
        """Least and greatest value that a scenario may set, in the unit of the record.

        With `minimum` or `maximum` those count, and a missing side stays open towards its own
        sign. Without them the range low to high counts. A record with neither may take any
        finite value of its own sign, zero included.
        """
        base = self.value or 0.0
        if self.minimum is None and self.maximum is None and self.low is not None:
            assert self.high is not None
            return self.low, self.high
        lower = (0.0 if base >= 0 else -math.inf) if self.minimum is None else self.minimum
        upper = (math.inf if base >= 0 else 0.0) if self.maximum is None else self.maximum
        # A limit beyond zero opens the other side as well: maximum -1 excludes a minimum of 0.
        return (-math.inf if lower > upper else lower), upper


def _at(field: str, allowed: str, value: object = "") -> PydanticCustomError:
    """Error of a whole record that belongs to one of its fields."""
    return PydanticCustomError(
        "record", "{allowed}", {"allowed": allowed, "field": field, "value": str(value)}
    )


class Claim(Record):
    """A statement by one of the persons interviewed, in our own words."""

    id: ShortId = Field(description="Key of the claim.")
    speaker: Text = Field(description="Who says it, by role.")
    topic: Text = Field(description="Code from the codebook.")
    kind: ClaimKind = Field(description="Sort of statement.")
    stance: Text = Field(description="Attitude to the platform.")
    paraphrase: Text = Field(description="What is said, in our own words.")
    paragraph: Text = Field(description="Where in the article.")
    strength: Text = Field(description="How firmly it is put.")
    informs: ValueIds = Field(default=(), description="Ids of the values it bears on.")


class Conflict(Record):
    """Sources that disagree: which value is used, why, and when that reason no longer holds."""

    id: ShortId = Field(description="Key of the conflict.")
    title: Text = Field(description="What the sources disagree about.")
    values: Annotated[ValueIds, Field(min_length=2)] = Field(description="Ids that disagree.")
    used: ValueId = Field(description="The one that the analysis uses.")
    reason: Text = Field(description="Why that one.")
    guard: Text = Field(description="Comparison over ids that must stay true.")
    note: str = Field(default="", description="What a reader should know.")


class Evidence(Record):
    """What the record outside the article says about a claim."""

    id: ShortId = Field(description="Key of the evidence.")
    claim: Text = Field(description="Claim id.")
    relation: Relation = Field(description="How it bears on the claim.")
    finding: Text = Field(description="What was found, in our own words.")
    source: Text = Field(description="Source id.")
    locator: str = Field(default="", description="Place in the source.")
    status: Status = Field(description="How well it is known.")


class CodebookEntry(Record):
    """A code of the interview analysis."""

    code: ShortId = Field(description="Key of the code.")
    label: Text = Field(description="Short name.")
    definition: Text = Field(description="What it means.")
    include: Text = Field(description="What belongs to it.")
    exclude: Text = Field(description="What does not.")


class GlossaryTerm(Record):
    """A term that a reader may want explained."""

    id: ShortId = Field(description="Key of the term.")
    term: Text = Field(description="The term in English.")
    norwegian: str = Field(default="", description="The term in Norwegian.")
    definition: Text = Field(description="What it means, in plain English.")


class Municipality(Record):
    """A municipality of the region, with borders of 2020 to 2023."""

    code: MunicipalityCode = Field(description="Official four-digit number.")
    name: Text = Field(description="Name.")
    county: Text = Field(description="County.")
    pop_2020: Count = Field(description="Inhabitants on 1 January 2020.")
    pop_2021: Count = Field(description="Inhabitants on 1 January 2021.")
    pop_2022: Count = Field(description="Inhabitants on 1 January 2022.")
    pop_2023: Count = Field(description="Inhabitants on 1 January 2023.")
    pop_2024: Count = Field(description="Inhabitants on 1 January 2024.")
    age_0_17: Count = Field(description="Inhabitants aged 0 to 17 on 1 January 2021.")
    age_18_66: Count = Field(description="Inhabitants aged 18 to 66 on 1 January 2021.")
    age_67_plus: Count = Field(description="Inhabitants aged 67 or more on 1 January 2021.")
    age_80_plus: Count = Field(description="Those of them aged 80 or more.")
    centrality_class: CentralityClass = Field(
        description="Centrality class of Statistics Norway; 1 is the most central."
    )
    centrality_index: CentralityIndex = Field(description="Centrality index of Statistics Norway.")
    note: str = Field(default="", description="Border changes and other remarks.")
    tile_row: Count = Field(description="Row in the tile map, 0 at the top.")
    tile_col: Count = Field(description="Column in the tile map, 0 at the left.")


class MunicipalityStatus(Record):
    """What a municipality had decided or done about the platform at a date."""

    id: ShortId = Field(description="Key of the record.")
    code: MunicipalityCode = Field(description="Municipality.")
    date: Date | None = Field(default=None, description="Date; empty if the source has none.")
    status: StatusOfMunicipality = Field(description="What it had decided or done.")
    figure: str = Field(default="", description="Figure given beside it, as text.")
    source: Text = Field(description="Source id.")
    locator: str = Field(default="", description="Place in the source.")
    record_status: Status = Field(description="How well it is known.")
    note: str = Field(default="", description="What the source says, in our own words.")


class HealthEmployment(Record):
    """Employed persons in health and social work (industry 86-88) by place of work."""

    code: MunicipalityCode = Field(description="Municipality.")
    year: Year = Field(description="Year; the fourth quarter.")
    employed: Count = Field(description="Employed persons aged 15 to 74, by place of work.")


class Number(NamedTuple):
    """A number ready to be shown: base or computed, with its range and where it comes from."""

    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    label: str = ""
    status: str = ""
    sources: tuple[str, ...] = ()
    id: str = ""
