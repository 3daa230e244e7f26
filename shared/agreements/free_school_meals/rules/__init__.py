"""Faults of a row, one rule each, by dataset."""
