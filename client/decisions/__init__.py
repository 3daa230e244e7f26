"""What an officer decides: the sheet it is written into, and the one place that says what of it is a decision."""
