"""What only the local key ring promises: how its files lie on a disk."""

import json
import stat
from pathlib import Path

import pytest

from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.errors import InvalidInput, KeyUnavailable


def test_private_parts_are_for_their_owners_eyes_only(tmp_path: Path) -> None:
    LocalKeyRing(tmp_path / "ring").create_key("lambeth", Use.SIGN)
    (private,) = (tmp_path / "ring" / "private").iterdir()
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(private.parent.stat().st_mode) == 0o700


def test_the_public_folder_holds_nothing_private_and_no_half_written_file(tmp_path: Path) -> None:
    ring = LocalKeyRing(tmp_path)
    ring.revoke(ring.create_key("lambeth", Use.SIGN))
    (public,) = (tmp_path / "public").iterdir()
    assert "d" not in json.loads(public.read_bytes())
    assert public.name in {path.name for path in (tmp_path / "private").iterdir()}


def test_another_process_sees_a_key_as_soon_as_it_is_made_and_revoked(tmp_path: Path) -> None:
    one, other = LocalKeyRing(tmp_path), LocalKeyRing(tmp_path)
    assert other.accepted("lambeth", Use.SIGN) == frozenset()
    key_id = one.create_key("lambeth", Use.SIGN)
    other.verify(key_id, b"message", one.sign(key_id, b"message"))
    one.revoke(key_id)
    assert other.accepted("lambeth", Use.SIGN) == frozenset()


def test_rotating_a_key_that_was_never_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailable, match="KEY-001"):
        LocalKeyRing(tmp_path).rotate("lambeth", Use.SIGN)


def test_one_key_cannot_be_imported_under_a_second_name(tmp_path: Path) -> None:
    ring = LocalKeyRing(tmp_path)
    ring.create_key("lambeth", Use.DROP)
    exported = json.loads(ring.export_public("lambeth", Use.DROP))
    exported["keys"][0]["kid"] = "https://kv.vault.azure.net/keys/drop-lambeth/" + "0" * 32
    with pytest.raises(InvalidInput, match="KEY-004"):
        ring.import_public(json.dumps(exported).encode())


def test_a_private_part_that_belongs_to_another_key_opens_nothing(tmp_path: Path) -> None:
    """Loading a key does not ask again whether its primes are prime; that it fits its public part is tried out."""
    ring = LocalKeyRing(tmp_path)
    ids = [ring.create_key(owner, Use.DROP) for owner in ("lambeth", "southwark")]
    wrapped = ring.wrap(ids[0], bytes(32))
    one, other = sorted((tmp_path / "private").iterdir())
    mine, theirs = json.loads(one.read_bytes()), json.loads(other.read_bytes())
    for swapped in (("d", "dp", "dq"), ("p",), ("n",)):
        one.write_text(json.dumps(mine | {name: theirs[name] for name in swapped}))
        with pytest.raises(ValueError, match=r"equal|failed|another key"):
            LocalKeyRing(tmp_path).unwrap(ids[0], wrapped)
    one.write_text(json.dumps(mine))
    assert LocalKeyRing(tmp_path).unwrap(ids[0], wrapped) == bytes(32)
