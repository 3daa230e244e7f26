"""How far two rows agree, comparison by comparison: the levels."""
