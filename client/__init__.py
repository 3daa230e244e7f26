"""The borough's side and the operator's: the `exchange` command."""
