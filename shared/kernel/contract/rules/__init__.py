"""The row rules: one rule is one small unit with a stable code. `rulebooks` has them all."""
