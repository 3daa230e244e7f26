"""Dated, cited rules for free school meals: benefit evidence in, tier out. No I/O, no clock."""
