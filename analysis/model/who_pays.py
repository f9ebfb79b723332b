"""Who carries a shared cost under ten rules, and who ends up paying the bills of the GPs.

The cost is made of four pieces: paid once, growing with users, each site's own, and set by the most
demanding user. Rules that are linear in the game act on each piece alone, so the part of every
payer is a sum over pieces of a fixed vector; only the rules on stand-alone costs divide.
"""

from collections.abc import MutableSequence, Sequence

PIECES = 4
TOWNS = 66
GP_GROUPS = 3
# Payers: the health region, the municipalities, the GP offices by contract.
PAYERS = 1 + TOWNS + GP_GROUPS
GROUPS = 6  # region, municipalities, GPs by contract, state

# Rules: one vector for the whole cost; stand-alone costs; one vector for each piece.
RECORDED = 0
EQUAL = 1
PER_INHABITANT = 2
PER_USER = 3
STAND_ALONE = 4
SCRB = 5
AUMANN_SHAPLEY = 6
SHAPLEY = 7
WEIGHTED_SHAPLEY = 8
OWEN = 9
RULES = 10
FLAT = 4
BY_PIECE = 4

# Who pays the bills of the GPs.
BY_CONTRACT = 0
GPS_THEMSELVES = 1
MUNICIPALITIES_ALL = 2
STATE_ALL = 3

# Places of the parameters.
RULE = 0
GP_PAYER = 1
TOWN = 2
TOTAL = 3
SHARE = 4  # of the first three pieces; the fourth is the rest
YEARS = 7
PRESENT = 8
FLAT_AT = 9
PIECE_AT = FLAT_AT + FLAT * PAYERS
ALONE_AT = PIECE_AT + BY_PIECE * PIECES * PAYERS
ADDED_AT = ALONE_AT + PIECES * PAYERS
PEOPLE_AT = ADDED_AT + PIECES * PAYERS
GPS_IN_TOWN = PEOPLE_AT + TOWNS
GPS_AT = GPS_IN_TOWN + GP_GROUPS * TOWNS
# The same vectors added up: region, municipalities, GP offices by contract.
SUMS = 2 + GP_GROUPS
FLAT_SUMS = GPS_AT + GP_GROUPS
PIECE_SUMS = FLAT_SUMS + FLAT * SUMS
ALONE_SUMS = PIECE_SUMS + BY_PIECE * PIECES * SUMS
ADDED_SUMS = ALONE_SUMS + PIECES * SUMS

# Places of the results.
OWN = 0
OWN_PER_HEAD = 1
MEAN_PER_HEAD = 2
OWN_AGAINST_MEAN = 3
EXCESS = 4
GP_GAP = 5
OWN_PEOPLE = 6
GP_YEARLY = 7  # by contract
BORNE = GP_YEARLY + GP_GROUPS  # by group under the chosen rule
BY_RULE = BORNE + GROUPS  # by group, then rule
PEOPLE = BY_RULE + GROUPS * RULES
PER_HEAD = PEOPLE + TOWNS
WEIGHT = PER_HEAD + TOWNS
PART = WEIGHT + PIECES
SIZE = PART + PAYERS


def set_weights(p: Sequence[float], out: MutableSequence[float]) -> None:
    """Fill the parts of the four pieces; more than the whole is scaled down and told in EXCESS."""
    given = p[SHARE] + p[SHARE + 1] + p[SHARE + 2]
    scale = 1.0
    if given > 1.0:
        scale = 1.0 / given
    for piece in range(PIECES - 1):
        out[WEIGHT + piece] = p[SHARE + piece] * scale
    out[WEIGHT + 3] = max(0.0, 1.0 - given)
    out[EXCESS] = max(0.0, given - 1.0)


def weighted(p: Sequence[float], out: Sequence[float], start: int, size: int, payer: int) -> float:
    """Sum over the pieces of vectors of length ``size`` that begin at ``start`` in ``p``."""
    total = 0.0
    for piece in range(PIECES):
        total += out[WEIGHT + piece] * p[start + piece * size + payer]
    return total


def set_parts(
    p: Sequence[float],
    out: MutableSequence[float],
    rule: int,
    size: int,
    flat: int,
    by_piece: int,
    alone: int,
    added: int,
) -> None:
    """Fill the parts of ``size`` payers under a rule; they add up to one.

    ``flat``, ``by_piece``, ``alone`` and ``added`` say where the vectors begin.
    """
    if rule < STAND_ALONE:
        for payer in range(size):
            out[PART + payer] = p[flat + rule * size + payer]
        return
    if rule >= AUMANN_SHAPLEY:
        start = by_piece + (rule - AUMANN_SHAPLEY) * PIECES * size
        for payer in range(size):
            out[PART + payer] = weighted(p, out, start, size, payer)
        return
    all_alone = 0.0
    all_added = 0.0
    for payer in range(size):
        all_alone += weighted(p, out, alone, size, payer)
        all_added += weighted(p, out, added, size, payer)
    for payer in range(size):
        own = weighted(p, out, alone, size, payer)
        extra = weighted(p, out, added, size, payer)
        if rule == SCRB and all_alone - all_added > 1e-12:
            saved = (own - extra) / (all_alone - all_added)
            out[PART + payer] = extra + saved * (1.0 - all_added)
        else:
            # Also where nothing is common: each pays its own.
            out[PART + payer] = own / all_alone


def passed_on(p: Sequence[float], group: int) -> float:
    """Whether the bill of a group of GPs goes to the municipality."""
    if p[GP_PAYER] == MUNICIPALITIES_ALL:
        return 1.0
    if p[GP_PAYER] == BY_CONTRACT and group < GP_GROUPS - 1:
        return 1.0
    return 0.0


def town_bill(p: Sequence[float], out: Sequence[float], town: int) -> float:
    """What a municipality pays: its own part and the GP bills that are passed on to it."""
    bill = out[PART + 1 + town]
    for group in range(GP_GROUPS):
        local = p[GPS_IN_TOWN + group * TOWNS + town]
        bill += passed_on(p, group) * local * out[PART + 1 + TOWNS + group]
    return bill * p[TOTAL]


def set_borne(p: Sequence[float], out: MutableSequence[float], start: int, stride: int) -> None:
    """Write what each group ends up paying at ``start``, ``start + stride``, …

    Reads the parts of region, municipalities and GP offices by contract.
    """
    out[start] = out[PART] * p[TOTAL]
    towns = out[PART + 1] * p[TOTAL]
    state = 0.0
    for group in range(GP_GROUPS):
        bill = out[PART + 2 + group] * p[TOTAL]
        share = passed_on(p, group)
        towns += share * bill
        kept = (1.0 - share) * bill
        if p[GP_PAYER] == STATE_ALL:
            state += bill
            kept = 0.0
        out[start + (2 + group) * stride] = kept
    out[start + stride] = towns
    out[start + 5 * stride] = state


def who_pays(p: Sequence[float], out: MutableSequence[float]) -> None:
    """Fill ``out`` for ``p``; amounts in NOK. The places are named above.

    ``p``: rule, who pays for the GPs, municipality, sum, parts of the pieces, years, yearly cost of
    a GP's present record; then the vectors of the rules over the payers, inhabitants, the share of
    each contract group's GPs by municipality, the GPs of each group, and the vectors added up.

    ``out``: bill of the municipality, in all and per inhabitant, the mean per inhabitant and the
    ratio less one, by how much the pieces exceed the whole, what a GP who pays everything has to
    find a year beyond the present record, the municipality's inhabitants, a GP's yearly part by
    contract, what each group bears under the rule and under every rule, inhabitants, bills per
    inhabitant.
    """
    set_weights(p, out)
    chosen = 0
    for rule in range(RULES):
        set_parts(p, out, rule, SUMS, FLAT_SUMS, PIECE_SUMS, ALONE_SUMS, ADDED_SUMS)
        set_borne(p, out, BY_RULE + rule, RULES)
        if rule == p[RULE]:
            chosen = rule
            set_borne(p, out, BORNE, 1)
    set_parts(p, out, chosen, PAYERS, FLAT_AT, PIECE_AT, ALONE_AT, ADDED_AT)
    for group in range(GP_GROUPS):
        bill = out[PART + 1 + TOWNS + group] * p[TOTAL]
        out[GP_YEARLY + group] = bill / p[GPS_AT + group] / p[YEARS]
    out[GP_GAP] = out[GP_YEARLY + 2] - p[PRESENT]
    people = 0.0
    for town in range(TOWNS):
        out[PEOPLE + town] = p[PEOPLE_AT + town]
        out[PER_HEAD + town] = town_bill(p, out, town) / p[PEOPLE_AT + town]
        people += p[PEOPLE_AT + town]
        if town == p[TOWN]:
            out[OWN] = town_bill(p, out, town)
            out[OWN_PER_HEAD] = out[PER_HEAD + town]
            out[OWN_PEOPLE] = p[PEOPLE_AT + town]
    out[MEAN_PER_HEAD] = out[BORNE + 1] / people
    out[OWN_AGAINST_MEAN] = 0.0
    if out[MEAN_PER_HEAD] > 0.0:
        out[OWN_AGAINST_MEAN] = out[OWN_PER_HEAD] / out[MEAN_PER_HEAD] - 1.0
