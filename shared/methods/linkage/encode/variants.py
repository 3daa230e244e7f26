"""Names that are used for one another: spellings and transliterations of one name, and everyday short forms.

The groups are in `known_forms.csv`, each with its source (`known_forms_sources.csv` says what each source is). All
were compiled by hand for this project. A pair that is missing there costs a look by an officer, a pair that is wrong
there may cost a wrong match. A short form that belongs to several long ones (Sam, Alex, Jo) stands in the groups of
all, and the long forms stay apart. What a rule of spelling says needs no group (`spellings`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pkgutil import get_data

_LINES = (get_data(__package__, "known_forms.csv") or b"").decode("ascii").splitlines()[1:]
Groups = tuple[tuple[str, ...], ...]


def _groups(of: str) -> Groups:
    fields = (line.split(",") for line in _LINES)
    return tuple(tuple(names.split()) for what, _, names in fields if what == of)


FORENAMES = _groups("forename")
SURNAMES = _groups("surname")


FAMILY_FIRST = frozenset().union(*_groups("family_first"))
"""Chinese, Vietnamese and Korean family names, which stand before the others where the custom is kept."""


def _usual() -> dict[str, str]:
    found: dict[str, str] = {}
    for first, *others in (line.split(",")[2].split() for line in _LINES if ",somali," in line):
        for name in others:
            if "X" in name or (len(name) > _SHORTEST and _AYN.search(name)):
                found.setdefault(name, first)
    return found


_AYN, _SHORTEST = re.compile("^C|[AEIOU]C|C[DO]"), 4
USUAL = _usual()
"""Of Somali names with a letter that English spelling has not, or not there, the usual English spelling: the first of
the first group that lists them. Cali stays, which is a girl's name too."""


_MARKS = {"KAUR", "SINGH", "BEGUM", "KHATUN", "BIBI", "KHANOM", "AKTER", "SULTANA", "PARVIN", "NESSA", "BANU", "JAHAN"}
_MARKS |= {"MIAH", "UDDIN", "ULLAH"}
OF_NO_FAMILY = sorted(_MARKS.union(*(group for group in SURNAMES if not _MARKS.isdisjoint(group))))
"""Surnames of Sikhs and of Bengali, Pakistani and Pathan families that mark sex or rank, in all their spellings: one
child's is dropped or exchanged for another, and its brother's is not the same."""


HONOURS = {"SYED", "SAYED", "SAYYID", "SHEIKH", "SHAIKH", "SK", "HAJI", "MST", "MOSAMMAT", "MUSAMMAT", "BIBI", "UMME"}
HONOURS |= {"MARIA", "ANA", "JOSE", "JOAO", "LUIS", "THI", "VAN", "KAUR", "SINGH", "BEGUM", "KHATUN", "MIAH", "ABU"}
HONOURS.update(next(group for group in FORENAMES if "MOHAMMED" in group))
"""Forenames beside that by which a child is called, so that many lists leave them out."""


def groups_by_name(groups: Iterable[Iterable[str]] = FORENAMES) -> dict[str, tuple[int, ...]]:
    """Every listed name with the numbers of the groups that it stands in."""
    found: dict[str, tuple[int, ...]] = defaultdict(tuple)
    for number, group in enumerate(groups):
        for name in group:
            found[name] += (number,)
    return dict(found)
