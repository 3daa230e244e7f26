"""The logs of a record: every file under `logs/` is read, or it is said what was not and why.

A file is gone through in this order, and each step knows only the one before it: `files` finds it, `stored` gives its
text whatever it is packed or encoded in, `read` sees which form the text has, `values` (JSON) and `cells` (tables) take
it apart, `rows` and `moments` say what a record means, `blocks` do all of this at once for the form that Azure writes.
"""
