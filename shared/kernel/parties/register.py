"""The authorities that any agreement can name, read once: `authorities.yaml` beside this module."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from shared.kernel.documents import check, read_mapping
from shared.kernel.parties.model import AuthorityRegister, Party

FILE = Path(__file__).with_name("authorities.yaml")


@cache
def authorities() -> tuple[Party, ...]:
    """Every authority of the register, in its order."""
    return read_register(FILE)


def read_register(path: Path) -> tuple[Party, ...]:
    """The authorities in a file. Raises `InvalidAgreement` (AGR-000) that names the file and the key."""
    return check(AuthorityRegister, read_mapping(path), path).authorities
