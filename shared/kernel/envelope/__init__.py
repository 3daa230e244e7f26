"""The sealed envelope: who sent it, to whom it is locked, and the gates it must pass before a row is read."""
