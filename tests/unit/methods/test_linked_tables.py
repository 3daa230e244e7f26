"""A reader who tries every linked table that could be meant never learns a small number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shared.methods.linked_tables import VEIL, Earlier, Shown, flipped, show_parts, show_shares, show_wholes
from shared.methods.suppress import THRESHOLD, TOTAL, Cell, Counts

NONE = Earlier()
TRIED = settings(deadline=None, phases=(Phase.explicit, Phase.generate))
"""A reader who tries everything takes a second; to make a counter-example small would take minutes."""
MARGIN = 2 * THRESHOLD
"""How far from the truth the reader looks; to look further could only find more tables."""

Triple = tuple[int, int, int]
"""Whole, part, share of a cell."""


@dataclass(frozen=True)
class Truth:
    """Whole, part and share of every cell."""

    cells: Mapping[Cell, Triple]

    def of(self, measure: int) -> dict[Cell, int]:
        return {cell: triple[measure] for cell, triple in self.cells.items()}

    def shown(self) -> tuple[Shown, Shown, Shown]:
        whole, part, share = (self.of(measure) for measure in range(3))
        wholes = show_wholes(whole, part, True, NONE)
        parts = show_parts(whole, part, wholes, True, NONE)
        veiled = [cell for cell in whole if wholes.get(cell, 0) is None or parts.get(cell, 0) is None]
        rest = {cell: whole[cell] - part[cell] for cell in whole}
        shares = show_shares(flipped(rest), flipped(share), [(s, r) for r, s in veiled], True, NONE)
        return wholes, parts, {(row, column): count for (column, row), count in shares.items()}


def cells_of() -> st.SearchStrategy[Triple]:
    few = st.one_of(st.just(0), st.integers(0, THRESHOLD - 1), st.integers(0, 16))

    def triple(numbers: tuple[int, int, int]) -> Triple:
        part, share, rest = numbers
        return part + share + rest, part, share

    return st.tuples(few, few, few).map(triple)


def truths(rows: int, columns: int) -> st.SearchStrategy[Truth]:
    places = [(f"r{row}", f"c{column}") for row in range(rows) for column in range(columns)]
    return st.lists(cells_of(), min_size=len(places), max_size=len(places)).map(
        lambda triples: Truth(dict(zip(places, triples, strict=True)))
    )


class Reader:
    """Knows every number shown, the rule, and one column's whole and part exactly."""

    def __init__(self, truth: Truth, seen: tuple[Shown, Shown, Shown], *, measures: int, known: str = "") -> None:
        self._truth, self._seen, self._measures, self._known = truth, seen, measures, known
        self._rows = sorted({row for row, _ in truth.cells})
        self._columns = sorted({column for _, column in truth.cells})

    def can_think(self, cell: Cell, wish: Callable[[Triple], bool]) -> bool:
        """Whether some table says the same and has in `cell`, a total perhaps, what is wished for."""
        order = sorted(self._truth.cells, key=lambda place: (place != cell, place[1] != cell[1], place))
        choices = {place: sorted(self._choices(place), key=lambda t: self._far(place, t)) for place in order}
        if cell in choices:
            choices[cell] = [triple for triple in choices[cell] if wish(triple)]
        lines = [((row, TOTAL), [(row, column) for column in self._columns]) for row in self._rows]
        lines += [((TOTAL, column), [(row, column) for row in self._rows]) for column in self._columns]
        lines.append(((TOTAL, TOTAL), order))
        wishes = {cell: wish}

        def holds(table: Mapping[Cell, Triple], place: Cell) -> bool:
            for total, parts in lines:
                if place in parts:
                    triple = _sum([table.get(part, (0, 0, 0)) for part in parts])
                    if all(part in table for part in parts):
                        if not self._says(triple, total) or not wishes.get(total, lambda _: True)(triple):
                            return False
                    elif self._exceeds(triple, total):
                        return False
            return True

        def find(table: dict[Cell, Triple], left: list[Cell]) -> bool:
            if not left:
                return True
            for triple in choices[left[0]]:
                table[left[0]] = triple
                if holds(table, left[0]) and find(table, left[1:]):
                    return True
            del table[left[0]]
            return False

        return all(choices.values()) and find({}, order)

    def _far(self, cell: Cell, triple: Triple) -> int:
        return sum(abs(one - other) for one, other in zip(triple, self._truth.cells[cell], strict=True))

    def _exceeds(self, triple: Triple, cell: Cell) -> bool:
        seen = [self._seen[measure].get(cell, 0) for measure in range(self._measures)]
        return any(shown is not None and part > shown for shown, part in zip(seen, triple, strict=False))

    def _choices(self, cell: Cell) -> Iterator[Triple]:
        truth = self._truth.cells[cell]
        whole, part, share = (seen.get(cell, 0) for seen in self._seen)
        exactly = cell[1] == self._known
        wholes = [truth[0]] if exactly or whole is not None else range(1, truth[0] + MARGIN)
        for w in wholes:
            for p in [truth[1]] if exactly or part is not None else range(w + 1):
                if p == 0 and part is None and not (exactly or self._veiled_part(cell) or self._all_left_out(cell[1])):
                    continue  # none would be shown
                if self._measures == 2:
                    yield w, p, 0
                    continue
                for s in [truth[2]] if share is not None else range(w - p + 1):
                    if s <= w - p and (s or share is not None or self._veiled(cell)):
                        yield w, p, s

    def _veiled(self, cell: Cell) -> bool:
        whole, part = self._seen[0].get(cell, 0), self._seen[1].get(cell, 0)
        return whole is None or part is None or whole - part < VEIL

    def _all_left_out(self, column: str) -> bool:
        """Where nothing could be shown that guards, the whole column is left out, none included."""
        return all(
            self._seen[1].get(cell) is None
            for cell in [*((row, column) for row in self._rows), (TOTAL, column)]
            if cell in self._seen[1]
        )

    def _over_veiled(self, total: Cell) -> bool:
        """Whether the part may be none in a total that is left out."""
        within = [cell for cell in self._truth.cells if total[0] in (TOTAL, cell[0]) and total[1] in (TOTAL, cell[1])]
        return any(map(self._veiled_part, [total, *within])) or self._all_left_out(total[1])

    def _veiled_part(self, cell: Cell) -> bool:
        whole = self._seen[0].get(cell, 0)
        return whole is None or 0 < whole < VEIL

    def _says(self, triple: Triple, cell: Cell) -> bool:
        for measure in range(self._measures):
            seen = self._seen[measure].get(cell, 0)
            if seen is not None and seen != triple[measure]:
                return False
            if seen is None and not triple[measure] and measure == 0:
                return False
            if seen is None and not triple[measure] and measure == 1 and not self._over_veiled(cell):
                return False
        return True


def _added(one: Triple, other: Triple) -> Triple:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def _sum(triples: Sequence[Triple]) -> Triple:
    whole, part, share = zip(*triples, strict=True)
    return sum(whole), sum(part), sum(share)


def wishes(triple: Triple, measures: int) -> Iterator[tuple[str, Callable[[Triple], bool]]]:
    """What a reader must hold possible of a cell, where the truth is small."""
    whole, part, share = triple
    if 0 < whole < THRESHOLD:
        yield "the whole", lambda t: t[0] >= THRESHOLD
    if 0 < part < THRESHOLD:
        yield "the part", lambda t: t[1] == 0 or t[1] >= THRESHOLD
    if part and whole - part < THRESHOLD:
        yield "what is left", lambda t: t[1] == 0 or t[0] - t[1] >= THRESHOLD
    if measures == 3:
        if 0 < share < THRESHOLD:
            yield "the share", lambda t: t[2] == 0 or t[2] >= THRESHOLD
        if share and whole - part - share < THRESHOLD:
            yield "what is left beside the share", lambda t: t[2] == 0 or t[0] - t[1] - t[2] >= THRESHOLD


AMOUNT: dict[str, Callable[[Triple], int]] = {
    "the whole": lambda t: t[0],
    "the part": lambda t: t[1],
    "what is left": lambda t: t[0] - t[1],
    "the share": lambda t: t[2],
    "what is left beside the share": lambda t: t[0] - t[1] - t[2],
}


def totals(truth: Truth) -> dict[Cell, Triple]:
    every: dict[Cell, Triple] = defaultdict(lambda: (0, 0, 0))
    for (row, column), triple in truth.cells.items():
        for cell in ((row, column), (row, TOTAL), (TOTAL, column), (TOTAL, TOTAL)):
            every[cell] = _added(every[cell], triple)
    return every


def _is_foreign(cell: Cell, total: Cell, known: str) -> bool:
    return cell[1] != known and all(name in (TOTAL, own) for name, own in zip(total, cell, strict=True))


def learnt(truth: Truth, *, measures: int, known: str = "") -> list[tuple[str, Cell]]:
    """Everything small that the reader learns."""
    seen = truth.shown()
    reader = Reader(truth, seen, measures=measures, known=known)
    for cell, triple in truth.cells.items():
        assert reader.can_think(cell, lambda t, is_so=triple: t[:measures] == is_so[:measures]), "the truth itself"
    found = []
    for cell, triple in totals(truth).items():
        of_others = _sum([(0, 0, 0), *(t for place, t in truth.cells.items() if _is_foreign(place, cell, known))])
        for what, wish in wishes(triple, measures):
            # What is their own, and none besides, they know.
            if not reader.can_think(cell, wish) and (not known or AMOUNT[what](of_others)):
                found.append((what, cell))
    return found


@settings(TRIED, max_examples=150)
@given(truths(3, 1))
def test_nothing_small_is_learnt_of_one_file(truth: Truth) -> None:
    assert learnt(truth, measures=2) == []


@settings(TRIED, max_examples=60)
@given(truths(2, 2))
def test_nothing_small_is_learnt_of_two_files_and_their_sums(truth: Truth) -> None:
    assert learnt(truth, measures=2) == []


@settings(TRIED, max_examples=80)
@given(truths(2, 2))
def test_nothing_small_is_learnt_by_the_sender_of_one_of_the_files(truth: Truth) -> None:
    assert learnt(truth, measures=2, known="c0") == []


@settings(TRIED, max_examples=50)
@given(truths(2, 1))
def test_nothing_small_is_learnt_of_a_share_either(truth: Truth) -> None:
    assert learnt(truth, measures=3) == []


@settings(TRIED, max_examples=15)
@given(truths(2, 2))
def test_nothing_small_is_learnt_of_shares_in_two_files(truth: Truth) -> None:
    assert learnt(truth, measures=3) == []


@given(truths(5, 5))
def test_the_rule_as_it_is_told(truth: Truth) -> None:
    """No small number is shown, none of a part where the whole is left out or small, and every other none is."""
    wholes, parts, shares = truth.shown()
    for cell, (whole, part, share) in totals(truth).items():
        told = [wholes.get(cell, 0), parts.get(cell, 0), shares.get(cell, 0)]
        assert all(number is None or number == true for number, true in zip(told, (whole, part, share), strict=True))
        assert not any(number and number < THRESHOLD for number in told)
        assert not (told[1] and whole - part < THRESHOLD)
        assert not (told[2] and whole - part - share < THRESHOLD)
        if TOTAL not in cell and whole and (told[0] is None or whole < VEIL):
            assert told[1] is None
        if TOTAL not in cell and whole and told[1] is None:
            assert told[2] is None
        assert told[0] == 0 or whole
    for cell in wholes:  # a sum over cells that are left out whatever they are may itself be none
        veiled = [place for place in truth.cells if _is_foreign(place, cell, "") and parts.get(place, 0) is None]
        if TOTAL in cell and any(wholes[place] is None or truth.cells[place][0] < VEIL for place in veiled):
            assert parts[cell] != 0


def test_what_is_decided_of_a_file_does_not_hang_on_the_others() -> None:
    """So that a file which comes later gives nothing away by what changes."""
    one = {("a", "x"): 3, ("b", "x"): 40, ("c", "x"): 12}
    other = {("a", "y"): 50, ("b", "y"): 2, ("c", "y"): 8}
    alone = show_wholes(one, {}, False, NONE)
    together = show_wholes(one | other, {}, True, NONE)
    assert {cell: together[cell] for cell in alone} == alone


def test_a_reader_who_knows_one_column_finds_no_small_number_in_a_row() -> None:
    """Of 40, 3 and their sum the sender of the 40 would know the 3, were the 40 left out for it alone."""
    whole = {("a", "x"): 40, ("a", "y"): 3, ("b", "y"): 60, ("b", "x"): 3, ("c", "x"): 30, ("c", "y"): 30}
    seen = show_wholes(whole, {}, True, NONE)
    for row, known, small in (("a", "x", "y"), ("b", "y", "x")):
        others = [c for c in ("x", "y") if c not in (known, small) and seen[row, c] is None]
        assert seen[row, TOTAL] is None or others


def test_what_was_given_before_guards_nothing_now() -> None:
    """40 was shown; that it is left out now would not keep 37 of 77 from whoever remembers."""
    before = show_wholes({("a", "x"): 40, ("b", "x"): 37}, {}, False, NONE)
    earlier = Earlier([before], frozenset("x"), [frozenset("x")])
    seen = show_wholes({("a", "x"): 40, ("b", "x"): 3}, {}, False, earlier)
    assert seen["a", "x"] == 40
    assert seen["b", "x"] is None
    assert seen[TOTAL, "x"] is None


@given(truths(4, 3), truths(4, 3))
def test_what_was_left_out_stays_so_and_small_changes_are_not_shown(old: Truth, new: Truth) -> None:
    columns = frozenset({"c0", "c1", "c2"})
    before = show_wholes(old.of(0), old.of(1), True, NONE)
    seen = show_wholes(new.of(0), new.of(1), True, Earlier([before], columns, [columns]))
    for cell, count in Counts(new.of(0)).with_totals.items():
        earlier = before.get(cell, 0)
        if earlier is None:
            assert seen[cell] is None
        elif cell[1] != TOTAL and seen[cell] is not None:
            assert count == earlier or abs(count - earlier) >= THRESHOLD
        elif seen[cell] is not None:  # a sum across files
            parts = [(cell[0], column) for column in columns]
            assert all(seen.get(part, 0) is not None and before.get(part, 0) is not None for part in parts)


def test_a_sum_of_shares_is_given_only_where_there_might_be_none_in_what_is_veiled() -> None:
    rest = {("a", "x"): 50, ("b", "x"): 100, ("c", "x"): 60}
    seen = show_shares(rest, {("a", "x"): 20, ("b", "x"): 40}, [("a", "x")], True, NONE)
    assert (seen["a", "x"], seen["b", "x"], seen[TOTAL, "x"]) == (None, 40, None), "60 less 40 would be the 20"
    seen = show_shares(rest, {("a", "x"): 20, ("b", "x"): 40, ("c", "x"): 3}, [("a", "x")], True, NONE)
    assert (seen["c", "x"], seen[TOTAL, "x"]) == (None, 63), "of 60 there is room for all of the 23"
    assert show_shares(rest, {}, [("a", "x")], True, NONE)[TOTAL, "x"] is None, "none in sum would be none in each"
    assert show_shares(rest, {}, [], True, NONE)[TOTAL, "x"] == 0
