"""Which pairs are looked at: rows that agree on a key."""
