"""Who can be party to an agreement: the kinds of parties, the authorities of England, and their codes, as data."""
