"""Synthetic London: boroughs, schools, families, claims and the errors of their records, with the truth kept apart.

`london.generate` makes it, `files.write` writes it, `evaluate.evaluate` scores links against its truth. Nobody in it
is real: names are drawn from lists compiled by hand, and schools, streets, references and numbers are invented.
"""
