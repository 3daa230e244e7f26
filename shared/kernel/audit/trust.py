"""Which keys are the exchange's: said from outside of the record that is audited, or by nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.kernel.audit.register import Register
from shared.kernel.envelope.keys import PublicKey, Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.terms.agreements import Agreements


@dataclass(frozen=True)
class Trust:
    """The keys by which statements are verified."""

    keys: tuple[PublicKey, ...]
    """Those that are believed: what the record has and everybody vouches for who says anything of keys."""
    strangers: tuple[PublicKey, ...]
    """Those of the record that somebody does not vouch for."""
    vouched: bool
    """Whether anybody outside of the record says which keys are the exchange's."""


def trust_in(
    of_record: Iterable[PublicKey], of_parties: Iterable[PublicKey], register: Register, agreements: Agreements
) -> Trust:
    """The keys of the record, held against what the register, the agreements and the parties' own copies say.

    Of these three each that says anything has to know a key: whoever altered the record may have altered one of them.
    """
    mine, theirs = signing(of_record), signing(of_parties)
    agreed = (fingerprint for each in agreements for fingerprint in each.terms.signing_keys)
    sources = (register.signing_keys, agreed, (key.fingerprint for key in theirs))
    vouching = [found for found in map(frozenset, sources) if found]
    strangers = tuple(key for key in mine if any(key.fingerprint not in known for known in vouching))
    every = {key.key_id: key for key in (*mine, *theirs)}.values()
    believed = tuple(key for key in every if all(key.fingerprint in known for known in vouching))
    return Trust(believed, strangers, bool(vouching))


def signing(keys: Iterable[PublicKey]) -> tuple[PublicKey, ...]:
    """Of these the keys that the exchange signs with."""
    return tuple(key for key in keys if (key.owner, key.use) == (EXCHANGE, Use.SIGN))
