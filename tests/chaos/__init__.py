"""Schedules of faults, each by its seed, and what must be the same after all of them: `make chaos`.

::

    python -m tests.chaos 200 1     so many schedules, the first by this seed

A schedule is a few boroughs' files with late corrections and lists of objections, then holds and quarantines, now and
then a borough that leaves, then officers' decisions in halves. Every event is
delivered twice and in any order, several at once, each to a process of its own; many of these are killed (SIGKILL) in
the middle, and their events come again. At the end a round of reconciliation finishes what is left. What parties have
then is compared, row by row, with what the same files give when nothing goes wrong.
"""
