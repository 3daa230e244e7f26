"""What each dataset may hold, column by column, and what each kind of column is."""
