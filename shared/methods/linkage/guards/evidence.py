"""What the guards look at: the levels of every pair, and what their neighbours say."""

from __future__ import annotations

from dataclasses import dataclass

from shared.methods.linkage.compare.levels import Address, Contact, Family, Identifier
from shared.methods.linkage.encode.arrays import Levels, Mask, Scores


@dataclass(frozen=True)
class Evidence:
    """The levels of every pair (see `levels`) and what their neighbours say."""

    levels: dict[str, Levels]
    twin: Mask
    """A twin stands beside one of the two rows."""
    strangers: Scores
    """Right rows that are expected to share name and birthday with the left one by chance."""
    most_strangers: float
    """What the agreement allows of them where the address does not agree."""
    rivals: Mask
    """The left row has another candidate, or the right row another left row, under the same key."""
    taken: Mask
    """The right row is matched to another left row."""
    suppressed: Mask
    """Nobody of the right row's family may be written to."""
    families: bool = True
    """Families hold brothers and sisters. Not so only where a model was trained on families of one person each."""
    chance: Scores | float = 1.0
    """That the link is right, as far as the weights know."""
    family_linked: bool = False
    """The family is what is linked, not which of its children."""
    counted: bool = False
    """How common names are was counted in files large enough to say."""
    weighed: bool = False
    """A model has weighed the pairs by how common names and dates are, so less is left for a guard to doubt."""

    def __getitem__(self, comparison: str) -> Levels:
        return self.levels[comparison]

    @property
    def identified(self) -> Mask:
        """UPN or ULN agrees."""
        agrees: Mask = (self["upn"] == Identifier.EXACT) | (self["uln"] == Identifier.EXACT)
        return agrees

    @property
    def supported(self) -> Mask:
        """Home, parent, brother or sister say that it is this family, whichever of its children it is."""
        at_home = self["address"] >= Address.SAME_POSTCODE_AND_NUMBER
        known: Mask = (self["contact"] == Contact.SAME_FORENAME) | (self["family"] == Family.SIBLING_MATCHED)
        return at_home | known | self.identified

    @property
    def together(self) -> Mask:
        """The address agrees at least in the postcode, and no house number speaks against it; or it need not, because
        a brother or sister is matched to the same family."""
        agrees: Mask = (self["address"] >= Address.SAME_POSTCODE) | (self["family"] == Family.SIBLING_MATCHED)
        return agrees
