"""What a row rule is, and the checks that many agreements make: one rule is one small unit with a stable code."""
