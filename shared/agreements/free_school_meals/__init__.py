"""Free school meals across boroughs: a child lives in one borough and goes to school in another."""

ID = "fsm"
"""The agreement's id, as manifests, ledger and folders have it."""
