"""One module per program that links. Each runs in a process, and the peers in an environment, of its own.

A peer's module may import only the standard library, numpy, pyarrow, what the peer brings, and `contestants.race`.
"""
