"""What keeps a pair from being matched without a person, whatever it weighs."""
