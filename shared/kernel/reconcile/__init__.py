"""Reconciliation: an event is a hint, the inbox is the truth. What lies there without an outcome is taken in."""
