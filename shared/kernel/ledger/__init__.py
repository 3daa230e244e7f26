"""The ledger: what was done to which drop or run, in append-only, hash-chained events without personal data."""
