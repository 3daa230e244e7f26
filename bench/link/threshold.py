"""Prints the probability from which the agreement links automatically: the same for every contestant."""

from shared.agreements.registry import load_agreement

if __name__ == "__main__":
    print(load_agreement("fsm").linkage.automatic)
