"""Ways to make a record lie, as data: what is done to a record that told the truth, and the checks that must show it.

Whoever lies here can write everywhere in the record: ledger, certificates, logs and keys; some hold the exchange's own
signing key. What none of them can reach is what parties have collected, but for one party's own copies, and the
register, which the auditor makes.
"""

from tests.security.lies import certificates, heads, ledger, logs
from tests.security.lies.base import Lie, anew
from tests.security.lies.heads import held_by_parties, keep_heads
from tests.security.lies.ledger import tell_a_party

LIES = (*ledger.LIES, *certificates.LIES, *logs.LIES, *heads.LIES)

__all__ = ["LIES", "Lie", "anew", "held_by_parties", "keep_heads", "tell_a_party"]
