"""The operators' side: commands that need the exchange's account. `exchange` finds them by the same table as others."""
