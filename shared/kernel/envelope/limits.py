"""Every number that bounds what a sealed file may claim of itself, beside what the agreement allows.

Each is several times what an honest writer needs. Together they keep the gates within two seconds and a few hundred
megabytes, of the two gigabytes that a function has and shares with other drops, whatever a file says.
"""

from __future__ import annotations

DATA_KEY_BYTES = 32
"""256 bits; the format would take half of that as well."""

SIGNATURE_BYTES = 64
"""Ed25519."""

METADATA_LIMIT = 8 * 1024
"""Bytes of all names and values of a blob's metadata together, as Azure counts them."""

MOST_CLEAR_BYTES = 16_384
"""What lies in the clear before the footer: the algorithm, and a JSON object with one wrapped key in it."""

MOST_FILE_ID_BYTES = 64
"""Libraries draw eight. It is authenticated again with every part."""

MOST_FOOTER_BYTES = 8 * 1024 * 1024
"""Of the encrypted footer and the clear part before it."""

MOST_COLUMNS = 1_000
"""In a footer that is read at all. The agreement allows far fewer."""

MOST_GROUPS = 32_767
"""Row groups are numbered with 16 bits in what authenticates their parts."""

MOST_CHUNKS = 32_768
"""Columns of all row groups together: 1,024 row groups of 32 columns."""

MOST_PAGES_OF_A_COLUMN = 32_767
"""The greatest number of a page within one row group: 16 bits in what authenticates it, counted from 0."""

MOST_PAGES = 65_536
"""In a file: two for every column of every row group."""

MOST_HEADER_BYTES = 65_536
"""Of one page header: its lowest and highest value stand in it, cut short or not."""

MOST_UNKNOWN = 100_000
"""Values of a footer that no layout here knows: what Parquet has learnt since."""

MOST_UNKNOWN_OF_A_PAGE = 16
"""Likewise, of a page header."""

WIDEST_NUMBER = 32
"""Bytes of the largest decimal that there is."""

LARGEST_BLOCK = 65_536
"""Values in one block of differences. Writers put 128 or 256 into one."""

FREE_BYTES = 48_000_000
"""What any file may expand to, however small it is: a row of names and an address comes to 275 bytes."""

MOST_EXPANSION = 32
"""Times its own size, what a larger file may expand to beyond that. Such rows come to four to six."""
