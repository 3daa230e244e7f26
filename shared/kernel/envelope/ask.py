"""What an ask is: one thing that is asked of a sealed file, what is found where it is missed, and how a writer sets it.

Whoever seals without our client acts on these alone, so each names its settings as Arrow C++ (pyarrow, ParquetSharp and
others on top of it) and parquet-java (Spark and others) name them. No text has room for a value.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.kernel.envelope.gates import Reason
from shared.kernel.errors import Particulars, UntrustedDrop

ARROW, JAVA = "Arrow C++, pyarrow", "parquet-java, Spark"


@dataclass(frozen=True)
class Ask:
    """One thing that is asked. `found` has places for facts of one file."""

    gate: Reason
    found: str
    asked: str
    arrow: str = ""
    java: str = ""

    @property
    def settings(self) -> dict[str, str]:
        """How each family of writers sets it; empty where it is no setting."""
        return {name: text for name, text in ((ARROW, self.arrow), (JAVA, self.java)) if text}

    def refusal(self, **facts: object) -> UntrustedDrop:
        """The refusal to raise; `facts` are counts, column positions and names of the format, never a value."""
        found, asked = self.found.format(**facts), self.asked.format(**facts)
        settings = "".join(f" {name}: {text}." for name, text in self.settings.items())
        return UntrustedDrop(
            self.gate.code,
            f"{self.gate.meaning} Found: {found}. Asked: {asked}.",
            self.gate.remedy + settings,
            Particulars(found, asked, self.settings),
        )
