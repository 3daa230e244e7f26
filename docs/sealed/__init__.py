"""The pages for whoever seals without our client: the format, the columns of each dataset, and the kit to prove it by.

Made from the code, so that no number on them is typed twice.
"""
