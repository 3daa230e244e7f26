"""UPNs, ULNs and National Insurance numbers that hold, each given once. Made in bulk: position in, text out."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from local.synth.streams import Flags, Ints, Streams, chance, rank_within

UPN_LETTERS = np.frombuffer(b"ABCDEFGHJKLMNPQRTUVWXYZ", dtype=np.uint8)
TEMPORARY = 0.008
"""Part of the UPNs that end in a letter."""
NINO_PREFIXES = (
    "AC",
    "AG",
    "AJ",
    "AN",
    "BC",
    "BJ",
    "BN",
    "CC",
    "CG",
    "CJ",
    "CN",
    "EC",
    "EG",
    "EJ",
    "EN",
    "HC",
    "HG",
    "HJ",
    "HN",
)
"""They have the shape of a prefix; to our knowledge (not verified) none of them has been issued, so no real person's
number can come out."""


def upns(streams: Streams, authority: Ints, establishment: Ints, year: Ints) -> pa.Array:
    """One UPN each, issued by an establishment in a year; `authority` is the DfE number, `year` the last two digits."""
    size = len(authority)
    temporary = chance(streams.of("temporary upns"), TEMPORARY, size)
    issuer = (authority * 10_000 + establishment) * 100 + year
    serial = rank_within(issuer * 2 + temporary)
    characters = np.empty((size, 13), dtype=np.uint8)
    characters[:, 1:4] = _digits(authority, 3)
    characters[:, 4:8] = _digits(establishment, 4)
    characters[:, 8:10] = _digits(year, 2)
    characters[:, 10:13] = _digits(np.where(temporary, serial % 100 * 10, serial), 3)
    characters[temporary, 12] = UPN_LETTERS[serial[temporary] // 100]
    characters[:, 0] = UPN_LETTERS[_upn_sum(characters[:, 1:]) % 23]
    return _texts(characters)


def ulns(streams: Streams, size: int) -> pa.Array:
    """`size` different ULNs."""
    span = 900_000_000
    start = int(streams.of("ulns").integers(0, span))
    tries = (start + np.arange(size + size // 5 + 50) * 611_953) % span + 100_000_000
    digits = _digits(tries, 9) - 48
    remainder = (digits * np.arange(10, 1, -1)).sum(axis=1) % 11
    possible = remainder != 0  # such a number is never issued: its check digit would be 10
    body, check = tries[possible][:size], (10 - remainder[possible][:size]) % 11
    return _texts(np.concatenate([_digits(body, 9), _digits(check, 1)], axis=1))


def ninos(streams: Streams, size: int) -> pa.Array:
    """`size` different National Insurance numbers."""
    span = len(NINO_PREFIXES) * 1_000_000 * 4
    start = int(streams.of("ninos").integers(0, span))
    number = (start + np.arange(size) * 7_368_787) % span
    prefix = np.array([list(text.encode()) for text in NINO_PREFIXES], dtype=np.uint8)[number // 4_000_000]
    suffix = (65 + number % 4).astype(np.uint8)[:, None]
    return _texts(np.concatenate([prefix, _digits(number // 4 % 1_000_000, 6), suffix], axis=1))


def issuers(
    rng: np.random.Generator, own: Ints, own_establishment: Ints, home: Ints, current: Flags
) -> tuple[Ints, Ints]:
    """Authority and establishment that issued each UPN: the present school where `current`, else one at home.

    `home` is 0 where the home is beyond London: then the number came with the present school.
    """
    here = current | (home == 0)
    elsewhere = 2000 + rng.integers(0, 70, len(own))
    return np.where(here, own, home), np.where(here, own_establishment, elsewhere)


def _digits(numbers: Ints, width: int) -> NDArray[np.uint8]:
    powers = 10 ** np.arange(width - 1, -1, -1)
    return np.asarray(numbers[:, None] // powers % 10 + 48, dtype=np.uint8)


def _upn_sum(body: NDArray[np.uint8]) -> Ints:
    values = np.where(body < 65, body.astype(np.int64) - 48, np.searchsorted(UPN_LETTERS, body))
    return np.asarray((values * np.arange(2, 14)).sum(axis=1))


def _texts(characters: NDArray[np.uint8]) -> pa.Array:
    rows, width = characters.shape
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int32)
    data = np.ascontiguousarray(characters)
    return pa.Array.from_buffers(pa.string(), rows, [None, pa.py_buffer(offsets), pa.py_buffer(data)])
