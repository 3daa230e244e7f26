"""The word which result of a collection is current: ``<agreement>/<folder>/<collection>/current.json``, a statement."""

from __future__ import annotations

CURRENT = "current"
"""The kind of statement; in the ledger the kind of chain of a party's results of one collection, and its step."""
FILE = "current.json"
FORMAT = 1
"""Of the statement's body; a reader refuses to guess at another."""
