"""Names and places agree, and no place is used twice."""

import pytest

from analysis.model import layout, parameters


def test_parameter_constants_are_the_places_of_their_ids():
    for place, (name, _) in enumerate(parameters.PARAMETERS):
        assert getattr(parameters, name.replace(".", "_").upper()) == place
    constants = [n for n, v in vars(parameters).items() if isinstance(v, int) and n.isupper()]
    assert set(constants) - {"PARAMETER_COUNT"} == {
        name.replace(".", "_").upper() for name in parameters.NAMES
    }
    assert len(parameters.NAMES) == len(set(parameters.NAMES)) == parameters.PARAMETER_COUNT


@pytest.mark.parametrize(
    ("names", "count", "first"),
    [
        (layout.ACTOR_NAMES, layout.ACTORS, 0),
        (layout.SEGMENT_NAMES, layout.SEGMENTS, 0),
        (layout.PLANE_NAMES, layout.PLANES, 0),
        (layout.FLOW_NAMES, layout.FLOWS, 0),
        (layout.OUTCOME_NAMES, layout.OUTCOMES, 0),
    ],
)
def test_there_is_a_name_for_every_place(names, count, first):
    assert len(names) == len(set(names)) == count
    aliases = {"gp_guaranteed": "GP_GUARANTEED"}
    for place, name in enumerate(names, first):
        constant = getattr(layout, aliases.get(name, name.upper()), None)
        if isinstance(constant, int) and names in (layout.FLOW_NAMES, layout.OUTCOME_NAMES):
            assert constant == place, name


def test_series_constants_are_first_places():
    assert len(layout.SERIES_NAMES) == layout.SERIES_COUNT
    for k, name in enumerate(layout.SERIES_NAMES):
        constant = getattr(layout, name.upper(), None)
        if constant is not None:
            assert constant == layout.SERIES + k * layout.YEARS, name


def test_the_parts_of_the_vector_do_not_overlap():
    cells = [
        layout.cell(f, a, y)
        for f in range(layout.FLOWS)
        for a in range(layout.ACTORS)
        for y in range(layout.YEARS)
    ]
    seats = [
        layout.seat(k, s, y)
        for k in range(layout.PLANES)
        for s in range(layout.SEGMENTS)
        for y in range(layout.YEARS)
    ]
    others = [*range(layout.ADOPTION), *range(layout.USERS, layout.SIZE)]
    assert sorted(cells + seats + others) == list(range(layout.SIZE))
