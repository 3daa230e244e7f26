"""What parties and people may ask of what was shared, and what is owed to them then."""
