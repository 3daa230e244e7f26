"""Where the columns come from, as the data dictionary names it."""

from __future__ import annotations

CENSUS = "School Census"
PUPIL_TABLE = f"{CENSUS} pupilonroll"
ADDRESS_TABLE = f"{CENSUS} addressesonroll"
FSM_TABLE = f"{CENSUS} fsmperiodsonroll"
CONTACT = "MIS pupil contact"
CLAIM = "HB/CTR claim"
HOUSE = "exchange"
