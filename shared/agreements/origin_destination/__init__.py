"""Origin–destination tables: how many children live in one authority and go to school in another."""
