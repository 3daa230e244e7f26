"""Each refusal says what was found, what is asked and how a writer sets it: in words, and as data."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from shared.kernel.contract.report import report_json
from shared.kernel.envelope import asks, gates
from shared.kernel.envelope import content_asks as content
from shared.kernel.envelope.ask import ARROW, JAVA, Ask
from shared.kernel.envelope.ask_page import ASKS
from shared.kernel.envelope.canonical import from_text, to_text
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.lock import read_lock
from shared.kernel.envelope.open import Passed, Place, walk_gates
from shared.kernel.errors import UntrustedDrop
from tests.unit.kernel.envelope.bombs import BOMBS
from tests.unit.kernel.envelope.forge import Drop, Forger
from tests.unit.kernel.envelope.forged_file import (
    NONE,
    PLAIN,
    Chunk,
    data_page,
    data_page_2,
    forged,
    number_column,
    text_column,
)
from tests.unit.kernel.envelope.houses import AGREEMENT, PUPILS, VALUES, House, build_house
from tests.unit.kernel.envelope.thrift_writer import (
    BINARY,
    FALSE,
    I32,
    I64,
    LIST,
    STRUCT,
    TRUE,
    Raw,
    Tree,
    parse,
    write,
)

TEXT = b"\x01\x00\x00\x00x"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return build_house("ring", tmp_path_factory.mktemp("refusals"))


def refused(house: House, drop: Drop, ask: Ask, *words: str, **changes: Any) -> UntrustedDrop:
    """Assert that the drop is refused for want of what `ask` asks, in words that its writer can act on."""
    with pytest.raises(UntrustedDrop) as raised:
        house.opened(*drop, **changes)
    refusal = raised.value
    assert refusal.code == ask.gate.code, str(refusal)
    assert refusal.particulars is not None, str(refusal)
    pattern = re.sub(r"\\{.*?\\}", ".*", re.escape(ask.found))
    assert re.fullmatch(pattern, refusal.particulars.found), refusal.particulars.found
    assert f"Found: {refusal.particulars.found}. Asked: {refusal.particulars.asked}." in refusal.message
    assert refusal.particulars.settings == ask.settings
    assert all(setting in refusal.remedy for setting in ask.settings.values())
    assert all(word in str(refusal) for word in words), str(refusal)
    assert not any(value in str(refusal) for value in VALUES)
    return refusal


# --- manifest and signature -----------------------------------------------------------------------------------------


def manifest(change: Callable[[str], str]) -> Callable[[House], Drop]:
    def make(house: House) -> Drop:
        sealed = house.sealed()
        return sealed.data, {**sealed.metadata, "exchange_manifest": change(sealed.metadata["exchange_manifest"])}

    return make


def member(**changes: object) -> Callable[[str], str]:
    return lambda text: json.dumps({**json.loads(text), **changes}, sort_keys=True, separators=(",", ":"))


def without(name: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        members = json.loads(text)
        del members[name]
        return json.dumps(members, sort_keys=True, separators=(",", ":"))

    return change


def signature(change: Callable[[str], str]) -> Callable[[House], Drop]:
    def make(house: House) -> Drop:
        sealed = house.sealed()
        return sealed.data, {**sealed.metadata, "exchange_signature": change(sealed.metadata["exchange_signature"])}

    return make


MANIFESTS: dict[str, tuple[Callable[[House], Drop], Ask, tuple[str, ...]]] = {
    "none": (lambda house: (house.sealed().data, {}), asks.MANIFEST_MISSING, ("Put Blob",)),
    "too long": (
        lambda house: (house.sealed().data, {**house.sealed().metadata, "other": "x" * 9000}),
        asks.METADATA_LENGTH,
        ("8,192 bytes",),
    ),
    "no json": (manifest(lambda text: text[:30]), asks.MANIFEST_JSON, ("no JSON from character",)),
    "byte order mark": (manifest(lambda text: "\ufeff" + text), asks.MANIFEST_JSON, ("byte order mark",)),
    "percent-encoded": (manifest(quote), asks.MANIFEST_JSON, ("percent-encoded text",)),
    "in base64": (
        manifest(lambda text: base64.b64encode(text.encode()).decode()),
        asks.MANIFEST_JSON,
        ("text in Base64",),
    ),
    "a list": (manifest(lambda text: "[1]"), asks.MANIFEST_JSON, ("no object",)),
    "nested": (manifest(lambda text: "[" * 3000), asks.MANIFEST_JSON, ()),
    "no sha256": (manifest(without("sha256")), asks.MANIFEST_MEMBERS, ("no member sha256",)),
    "no version": (manifest(without("version")), asks.MANIFEST_MEMBERS, ("no member version",)),
    "another member": (manifest(member(surname="O'Neill")), asks.MANIFEST_MEMBERS, ("1 member of another name",)),
    "time zone": (
        manifest(member(prepared_at="2026-10-01T12:00:00+00:00")),
        asks.MANIFEST_MEMBER,
        ("prepared_at", "ends in Z"),
    ),
    "fractions": (manifest(member(prepared_at="2026-10-01T12:00:00.5Z")), asks.MANIFEST_MEMBER, ("prepared_at",)),
    "no fractions": (manifest(member(prepared_at="2026-10-01T12:00:00.000Z")), asks.MANIFEST_MEMBER, ("prepared_at",)),
    "rows as text": (manifest(member(rows="3")), asks.MANIFEST_MEMBER, ("rows is a whole number",)),
    "rows as fraction": (manifest(member(rows=3.0)), asks.MANIFEST_MEMBER, ("rows",)),
    "hash in capitals": (manifest(member(sha256="A" * 64)), asks.MANIFEST_MEMBER, ("sha256", "lower case")),
    "version 2": (manifest(member(version=2)), asks.MANIFEST_MEMBER, ("version is the number 1",)),
    "a name": (manifest(member(dataset="O'Neill")), asks.MANIFEST_MEMBER, ("dataset",)),
    "spaces": (
        manifest(lambda text: text.replace(":", ": ", 1)),
        asks.MANIFEST_SPELLING,
        ("a space or line end at character 14",),
    ),
    "line end": (manifest(lambda text: text + "\n"), asks.MANIFEST_SPELLING, ("a space or line end",)),
    "escape": (manifest(lambda text: text.replace("/", "\\/", 1)), asks.MANIFEST_SPELLING, ("an escape",)),
    "order": (
        manifest(lambda text: json.dumps(dict(reversed(json.loads(text).items())), separators=(",", ":"))),
        asks.MANIFEST_SPELLING,
        ("order by code point", "character 3"),
    ),
    "twice": (
        manifest(lambda text: text[:-1] + ',"version":1}'),
        asks.MANIFEST_SPELLING,
        ("the member version more than once",),
    ),
    "no signature": (
        lambda house: (house.sealed().data, {"exchange_manifest": house.sealed().metadata["exchange_manifest"]}),
        asks.SIGNATURE_MISSING,
        (),
    ),
    "padded": (signature(lambda text: text + "=="), asks.SIGNATURE_FORM, ("padding (=)", "88 characters", "86")),
    "standard base64": (
        signature(lambda text: "+/" + text[2:]),
        asks.SIGNATURE_FORM,
        ("+ or /", "of standard Base64", "- and _"),
    ),
    "spaced": (signature(lambda text: text[:40] + "\n" + text[41:]), asks.SIGNATURE_FORM, ("a space or line end",)),
    "hex": (
        signature(lambda text: from_text(text).hex()),
        asks.SIGNATURE_FORM,
        ("hexadecimal digits, in 128 characters",),
    ),
    "short": (signature(lambda text: text[:80]), asks.SIGNATURE_LENGTH, ("60 bytes in 80 characters",)),
    "unfinished": (signature(lambda text: text[:85]), asks.SIGNATURE_FORM, ("an unfinished group",)),
    "of another manifest": (
        signature(lambda text: text[:2] + ("A" if text[2] != "A" else "B") + text[3:]),
        asks.SIGNATURE,
        ("'borough-exchange manifest 1', one LF",),
    ),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_is_not_as_asked_is_told_where(house: House, name: str) -> None:
    make, ask, words = MANIFESTS[name]
    refused(house, make(house), ask, *words)


def manifest_of(drop: Drop) -> bytes:
    return drop[1]["exchange_manifest"].encode()


LINE = b"borough-exchange manifest 1"
SIGNED_INSTEAD: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "no line": (lambda text: text, "over the manifest alone"),
    "carriage return": (lambda text: LINE + b"\r\n" + text, "that ends in CR LF"),
    "no line end": (lambda text: LINE + text, "without a line end"),
    "a line end in two characters": (lambda text: LINE + rb"\n" + text, "a backslash and n"),
    "line end behind": (lambda text: LINE + b"\n" + text + b"\n", "a line end behind it"),
    "a receipt's line": (
        lambda text: b"borough-exchange statement 1\n" + text,
        "over the context line of another document",
    ),
    "wide characters": (lambda text: (LINE + b"\n" + text).decode().encode("utf-16-le"), "UTF-16"),
    "byte order mark": (lambda text: b"\xef\xbb\xbf" + LINE + b"\n" + text, "byte order mark"),
    "hash": (lambda text: hashlib.sha256(LINE + b"\n" + text).digest(), "over a hash of what is asked"),
    "hash in text": (lambda text: LINE + b"\n" + hashlib.sha256(text).hexdigest().encode(), "a hash of the manifest"),
    "something else": (lambda text: text + b"x", "that does not hold over this manifest"),
}


@pytest.mark.parametrize("name", SIGNED_INSTEAD)
def test_a_signature_over_other_bytes_is_told_over_which(house: House, name: str) -> None:
    change, words = SIGNED_INSTEAD[name]
    sealed, keys = house.sealed(), house.boroughs["lambeth"]
    signature = keys.sign(keys.current("lambeth", Use.SIGN), change(manifest_of((sealed.data, sealed.metadata))))
    metadata = {**sealed.metadata, "exchange_signature": to_text(signature)}
    refused(house, (sealed.data, metadata), asks.SIGNATURE, words, "'borough-exchange manifest 1', one LF")


# --- what arrives, and from whom ------------------------------------------------------------------------------------


def arrived(change: Callable[[bytes], bytes]) -> Callable[[Forger], Drop]:
    return lambda forger: (change(forger.house.sealed().data), {})


def said(**changes: object) -> Callable[[Forger], Drop]:
    return lambda forger: forger.signed(forger.parquet(PUPILS), 3, **changes)


ARRIVALS: dict[str, tuple[Callable[[Forger], Drop], Ask, tuple[str, ...]]] = {
    "plain": (arrived(lambda data: b"PAR1" + data[4:-4] + b"PAR1"), asks.NOT_SEALED, ("plain Parquet", "in the clear")),
    "cut": (arrived(lambda data: data[:-1]), asks.NOT_SEALED, ("PARE at its beginning", "cut short")),
    "without its beginning": (arrived(lambda data: data[1:]), asks.NOT_SEALED, ("PARE at its end",)),
    "packed": (arrived(gzip.compress), asks.NOT_SEALED, ("a gzip file",)),
    "in base64": (arrived(base64.b64encode), asks.NOT_SEALED, ("text in Base64",)),
    "anything": (arrived(lambda data: b"x" * 40), asks.NOT_SEALED, ("other bytes",)),
    "another sender": (said(sender="southwark"), asks.ADDRESSED, ("another sender", "the slug of the inbox, lambeth")),
    "another receiver": (said(receiver="southwark"), asks.ADDRESSED, ("another receiver", "as receiver exchange")),
    "another dataset": (said(dataset="households"), asks.ADDRESSED, ("another dataset",)),
    "unknown signer": (
        said(signing_key_id="ring:lambeth/sign/000000000000"),
        asks.SIGNER,
        ("ring:lambeth/sign/ and the first 12",),
    ),
    "other bytes": (said(sha256="0" * 64), asks.HASH, ("the receipt's sha256",)),
    "another drop key": (
        said(key_id="ring:southwark/drop/000000000000"),
        asks.KEY_ID,
        ("no drop key of lambeth", "ring:lambeth/drop/"),
    ),
}


@pytest.mark.parametrize("name", ARRIVALS)
def test_what_arrives_otherwise_is_told_what_it_is(house: House, name: str) -> None:
    make, ask, words = ARRIVALS[name]
    refused(house, make(Forger(house)), ask, *words)


# --- the lock -------------------------------------------------------------------------------------------------------


def crypto(change: Callable[[Tree], None]) -> Callable[[Forger], Drop]:
    def make(forger: Forger) -> Drop:
        def changed(clear: bytes) -> bytes:
            tree = parse(clear)
            change(tree)
            return write(tree)

        return forger.signed(forger.with_crypto(forger.parquet(PUPILS), changed), 3)

    return make


def algorithm(**fields: tuple[int, object]) -> Callable[[Forger], Drop]:
    def change(tree: Tree) -> None:
        facts = tree[1][1][1][1]
        facts.update({int(name[1:]): value for name, value in fields.items()})
        ordered = sorted(facts.items())
        facts.clear()
        facts.update(ordered)

    return crypto(change)


def material(**changes: object) -> Callable[[Forger], Drop]:
    def change(tree: Tree) -> None:
        members = {**json.loads(tree[2][1]), **changes}
        tree[2] = (BINARY, json.dumps({name: value for name, value in members.items() if value != "gone"}).encode())

    return crypto(change)


def sealed_so(**settings: object) -> Callable[[Forger], Drop]:
    return lambda forger: forger.signed(forger.parquet(PUPILS, crypto=settings), 3)


LOCKS: dict[str, tuple[Callable[[Forger], Drop], Ask, tuple[str, ...]]] = {
    "half the key": (
        sealed_so(data_key_length_bits=128),
        asks.DATA_KEY_LENGTH,
        ("128 bits", "data_key_length_bits=256", "parquet.encryption.data.key.length.bits=256"),
    ),
    "other length": (
        sealed_so(data_key_length_bits=192),
        asks.DATA_KEY_LENGTH,
        ("192 bits",),
    ),
    "double wrapping": (
        sealed_so(double_wrapping=True),
        asks.DOUBLE_WRAPPING,
        ("double_wrapping=False", "parquet.encryption.double.wrapping=false"),
    ),
    "counter mode": (
        sealed_so(encryption_algorithm="AES_GCM_CTR_V1"),
        asks.ALGORITHM,
        ("AES_GCM_CTR_V1", "parquet.encryption.algorithm=AES_GCM_V1"),
    ),
    "stored prefix": (algorithm(f1=(BINARY, b"drop")), asks.PREFIX_STORED, ("stored in the file",)),
    "hidden prefix": (algorithm(f3=(TRUE, 1)), asks.PREFIX_SUPPLIED, ("does not store",)),
    "no file id": (algorithm(f2=(BINARY, b"")), asks.FILE_ID, ("0 bytes",)),
    "long file id": (algorithm(f2=(BINARY, bytes(65))), asks.FILE_ID, ("65 bytes",)),
    "an algorithm of the future": (
        crypto(lambda tree: tree.update({1: (STRUCT, {9: (STRUCT, {})})})),
        asks.ALGORITHM,
        ("in no version",),
    ),
    "no key metadata": (crypto(lambda tree: tree.pop(2)), asks.KEY_MATERIAL, ("PKMT1",)),
    "a bare key id": (crypto(lambda tree: tree.update({2: (BINARY, b"drop-key")})), asks.KEY_MATERIAL, ("JSON",)),
    "other material": (material(keyMaterialType="PKMT2"), asks.KEY_MATERIAL_MEMBER, ("keyMaterialType",)),
    "material outside": (
        material(internalStorage=False),
        asks.MATERIAL_OUTSIDE,
        ("internal_key_material=True", "parquet.encryption.key.material.store.internally=true"),
    ),
    "outside in quotes": (material(internalStorage="true"), asks.KEY_MATERIAL_MEMBER, ("internalStorage", "quotes")),
    "double in quotes": (material(doubleWrapping="false"), asks.KEY_MATERIAL_MEMBER, ("doubleWrapping", "quotes")),
    "double not said": (material(doubleWrapping="gone"), asks.KEY_MATERIAL_MEMBER, ("without doubleWrapping",)),
    "a column's material": (material(isFooterKey=False), asks.KEY_MATERIAL_MEMBER, ("isFooterKey",)),
    "no key id": (material(masterKeyID="gone"), asks.KEY_MATERIAL_MEMBER, ("masterKeyID",)),
    "no wrapped key": (material(wrappedDEK="gone"), asks.KEY_MATERIAL_MEMBER, ("wrappedDEK",)),
    "base64url": (material(wrappedDEK="_-" * 30), asks.KEY_MATERIAL_MEMBER, ("wrappedDEK", "standard Base64")),
    "another key id": (material(masterKeyID="ring:lambeth/drop/000000000000"), asks.LOCK_KEY, ("masterKeyID",)),
    "no footer length": (
        lambda forger: forger.signed(forger.parquet(PUPILS)[:-8] + bytes(4) + b"PARE", 3),
        asks.FOOTER_LENGTH,
        ("say 0,",),
    ),
}


@pytest.mark.parametrize("name", LOCKS)
def test_another_lock_is_told_what_is_asked_and_how_it_is_set(house: House, name: str) -> None:
    make, ask, words = LOCKS[name]
    refused(house, make(Forger(house)), ask, *words)


@pytest.mark.parametrize("name", LOCKS)
def test_nothing_is_said_of_a_lock_before_the_signature_has_held(house: House, name: str) -> None:
    make, _, _ = LOCKS[name]
    data, metadata = make(Forger(house))
    text = metadata["exchange_signature"]
    forged_signature = text[:2] + ("A" if text[2] != "A" else "B") + text[3:]
    refused(house, (data, {**metadata, "exchange_signature": forged_signature}), asks.SIGNATURE)


def test_an_unknown_field_of_the_clear_part_changes_nothing(house: House) -> None:
    drop = crypto(lambda tree: tree.update({7: (LIST, (I64, [1, 2]))}))(Forger(house))
    assert house.opened(*drop).table.equals(PUPILS)


def test_a_data_key_that_does_not_unwrap_has_one_answer_whatever_its_cause(house: House) -> None:
    """Else a sender who is told apart what failed could decrypt, question by question."""
    forger = Forger(house)
    data = forger.parquet(PUPILS)
    lock = read_lock(data)
    public = house.exchange.public_key(forger.key_id).jwk
    number = {name: int.from_bytes(from_text(public[name]), "big") for name in ("n", "e")}
    key = rsa.RSAPublicNumbers(number["e"], number["n"]).public_key()
    stranger = rsa.generate_private_key(65537, 3072).public_key()
    sha1, sha256 = hashes.SHA1(), hashes.SHA256()
    oaep = padding.OAEP(padding.MGF1(sha256), sha256, None)
    wraps = {
        "SHA-1": key.encrypt(forger.data_key, padding.OAEP(padding.MGF1(sha1), sha1, None)),
        "SHA-1 in MGF1": key.encrypt(forger.data_key, padding.OAEP(padding.MGF1(sha1), sha256, None)),
        "a label": key.encrypt(forger.data_key, padding.OAEP(padding.MGF1(sha256), sha256, b"label")),
        "PKCS 1.5": key.encrypt(forger.data_key, padding.PKCS1v15()),
        "another key": stranger.encrypt(forger.data_key, oaep),
        "one bit": bytes([lock.wrapped[0] ^ 1]) + lock.wrapped[1:],
        "cut": lock.wrapped[:-1],
        "longer": lock.wrapped + b"\x00",
        "nothing": b"",
        "as large as can be": b"\xff" * 384,
        "in the clear": forger.data_key,
    }
    answers = set()
    for wrapped in wraps.values():
        drop = material(wrappedDEK=base64.b64encode(wrapped).decode())(Forger(house))
        refusal = refused(house, drop, asks.UNWRAP, "SHA-256 for the hash and for MGF1")
        answers.add((refusal.code, refusal.message, refusal.remedy, str(refusal.particulars)))
    assert len(answers) == 1
    assert next(iter(answers))[2].startswith("First check that OAEP uses SHA-256")


# --- the content ----------------------------------------------------------------------------------------------------


def one(*pages: Any, column: Tree | None = None, **facts: Any) -> Callable[[Forger], Drop]:
    rows = sum(page.header[5][1][1][1] if 5 in page.header else 1 for page in pages)
    return lambda forger: forged(forger, [column or text_column()], [[Chunk(rows, pages, **facts)]])


def written(table: pa.Table = PUPILS, **options: Any) -> Callable[[Forger], Drop]:
    return lambda forger: forger.signed(forger.parquet(table, **options), table.num_rows)


def footer(change: Callable[[Tree], None]) -> Callable[[Forger], Drop]:
    def make(forger: Forger) -> Drop:
        def changed(tree: Tree) -> Tree:
            change(tree)
            return tree

        page = data_page(1, TEXT, encoding=PLAIN)
        return forged(forger, [text_column()], [[Chunk(1, [page])]], changed)

    return make


def chunk_of(tree: Tree) -> Tree:
    found: Tree = tree[4][1][1][0][1][1][1][0]
    return found


def _long_header() -> Any:
    page = data_page(1, TEXT, encoding=PLAIN)
    page.header[5][1][5] = (STRUCT, {5: (BINARY, bytes(70_000))})
    return page


def _latin_1(**options: Any) -> Callable[[Forger], Drop]:
    """Text as Windows writes it, said to be UTF-8."""
    words = pa.array(["Łuczak".encode("cp1250"), b"Smith"], pa.binary()).view(pa.string())
    return written(pa.table({"surname": words, "sex": ["F", "M"]}), **options)


def _behind_its_dictionary() -> Callable[[Forger], Drop]:
    make, _ = BOMBS["a row that points behind its dictionary"]
    return make


def _other_footer(forger: Forger) -> Drop:
    data = forger.parquet(PUPILS)
    return forger.signed(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], 3)


def _same_bytes(forger: Forger) -> Drop:
    """The second column says that it lies where the first does."""

    def same(tree: Tree) -> Tree:
        first, second = tree[4][1][1][0][1][1][1]
        second[3][1].update({number: first[3][1][number] for number in (7, 9)})
        return tree

    page = data_page(1, TEXT, encoding=PLAIN)
    return forged(forger, [text_column(), text_column(b"forename")], [[Chunk(1, [page]), Chunk(1, [page])]], same)


CONTENTS: dict[str, tuple[Callable[[Forger], Drop], Ask, tuple[str, ...]]] = {
    "lz4": (written(compression="lz4"), content.CODEC, ("LZ4_RAW", "column 1 of 4 (upn)", "parquet.compression")),
    "brotli": (written(compression="brotli"), content.CODEC, ("Brotli",)),
    "codec of the future": (
        one(data_page(1, TEXT), codec=NONE, facts={4: (I32, 11)}),
        content.CODEC,
        ("number 11",),
    ),
    "bit packed": (
        one(data_page(1, TEXT, encoding=4)),
        content.ENCODING,
        ("BIT_PACKED", "column 1 of 1 (surname)"),
    ),
    "encoding of the future": (one(data_page(1, TEXT, encoding=12)), content.ENCODING, ("number 12",)),
    "in the clear": (
        footer(lambda tree: chunk_of(tree).pop(8)),
        content.IN_THE_CLEAR,
        ("uniform_encryption=True",),
    ),
    "own key": (
        footer(lambda tree: chunk_of(tree).update({8: (STRUCT, {2: (STRUCT, {1: (LIST, (BINARY, [b"x"]))})})})),
        content.OWN_KEY,
        ("parquet.encryption.uniform.key",),
    ),
    "another file": (
        footer(lambda tree: chunk_of(tree).update({1: (BINARY, b"other.parquet")})),
        content.OTHER_FILE,
        ("all columns in one file",),
    ),
    "the same bytes twice": (_same_bytes, content.OUTSIDE, ("column 2 of 2", "overlaps another's")),
    "outside of the file": (
        footer(lambda tree: chunk_of(tree)[3][1].update({7: (I64, 2**40)})),
        content.OUTSIDE,
        ("column 1 of 1 (surname)",),
    ),
    "a name with a value": (
        one(data_page(1, TEXT, encoding=4), column=text_column("Żak".encode())),
        content.ENCODING,
        ("column 1 of 1,",),
    ),
    "two names": (
        lambda forger: forger.signed(forger.parquet(pa.table([["a"], ["b"]], names=["sex", "sex"])), 1),
        content.DUPLICATE_COLUMN,
        ("columns 1, 2 of 2",),
    ),
    "nested": (written(pa.table({"upn": [[1]]})), content.NESTED, ("nested or repeated", "column 1 of 1")),
    "fixed width": (
        written(pa.table({"upn": pa.array([b"x" * 40], pa.binary(40))}), store_schema=False),
        content.FIXED_WIDTH,
        ("40 bytes", "column 1 of 1 (upn)"),
    ),
    "extension": (
        written(pa.table({"upn": pa.ExtensionArray.from_storage(pa.json_(), pa.array(["{}"]))})),
        content.EXTENSION,
        ("UUID and JSON", "store_schema=False", "stringType()", "column 1 of 1 (upn)"),
    ),
    "text of fixed width": (
        written(pa.table({"upn": pa.array([b"x" * 13], pa.binary(13))}), store_schema=False),
        content.NOT_PLAIN,
        ("of bytes of fixed width", "column 1 of 1 (upn)", "stringType()"),
    ),
    "another code page": (_latin_1(), content.NOT_UTF8, ("column 1 of 2 (surname)", "Binary.fromString")),
    "another code page, no dictionary": (
        _latin_1(use_dictionary=False),
        content.NOT_UTF8,
        ("column 1 of 2 (surname)", "Binary.fromString"),
    ),
    "a page without its values": (
        one(data_page(1, b"\x05\x00\x00\x00x", encoding=PLAIN)),
        content.NOT_READ,
        ("pages of column 1 of 1 (surname)", "kind 2"),
    ),
    "a row behind its dictionary": (
        _behind_its_dictionary(),
        content.NOT_READ,
        ("values of column 1 of 1 (surname)",),
    ),
    "a footer under another key": (_other_footer, content.FOOTER_CLOSED, ("aad_file_unique", "one byte 0x00")),
    "a footer without rows": (footer(lambda tree: tree.pop(3)), content.FOOTER_FORM, ("FileMetaData",)),
    "long page header": (one(_long_header()), content.HEADER_LENGTH, ("write_statistics=False",)),
    "other rows": (
        lambda forger: forger.signed(forger.parquet(PUPILS), 4),
        content.ROWS_DIFFER,
        ("4 rows in the manifest, 3 in the footer, 3 in its row groups",),
    ),
    "rows of a page": (
        lambda forger: forged(forger, [text_column()], [[Chunk(2, [data_page(1, TEXT, encoding=PLAIN)])]]),
        content.PAGE_ROWS,
        ("(1) than in its row group (2)", "row group 1 of 1"),
    ),
    "old writer": (
        footer(lambda tree: tree.update({6: (BINARY, b"parquet-mr version 1.2.8 (build x)")})),
        content.OLD_JAVA,
        ("PARQUET-816", "1.12 or later"),
    ),
    "old pages": (
        lambda forger: forged(
            forger,
            [number_column(2)],
            [[Chunk(1, [data_page_2(1, bytes(8), f7=(FALSE, 0))], physical=2)]],
            lambda tree: {**tree, 6: (BINARY, b"parquet-cpp-arrow version 2.0.0")},
        ),
        content.OLD_ARROW,
        ("ARROW-10353",),
    ),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_other_content_is_told_which_column_and_what_is_asked(house: House, name: str) -> None:
    make, ask, words = CONTENTS[name]
    refused(house, make(Forger(house)), ask, *words)


@pytest.mark.parametrize(
    "writer",
    [
        b"parquet-mr version 2.0.0 (build abc)",
        b"parquet-mr version 1.13.1",
        b"parquet-mr version 1.2.9",
        b"parquet-java version 2.0.0",
        b"A vendor's writer (parquet-mr inside) 7",
        b"",
        b"\xff\xfe",
    ],
)
def test_a_writer_is_judged_by_what_it_wrote(house: House, writer: bytes) -> None:
    drop = footer(lambda tree: tree.update({6: (BINARY, writer)}))(Forger(house))
    assert house.opened(*drop).table.to_pydict() == {"surname": ["x"]}


@pytest.mark.parametrize("unknown", [(TRUE, 1), (BINARY, b"new"), (LIST, (STRUCT, [{1: (I32, 1)}])), (7, bytes(8))])
def test_what_parquet_may_learn_is_passed_over_and_changes_nothing(house: House, unknown: tuple[int, Any]) -> None:
    kind, value = unknown
    field = (kind, Raw(value) if kind == 7 else value)

    def everywhere(tree: Tree) -> None:
        group = tree[4][1][1][0]
        tree[2][1][1][1][50] = field
        chunk_of(tree)[50] = field
        chunk_of(tree)[3][1][50] = field
        group[50] = field
        tree[50] = field

    assert house.opened(*footer(everywhere)(Forger(house))).table.to_pydict() == {"surname": ["x"]}


def test_a_footer_that_is_too_long_says_how_long_and_how_many_row_groups(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.kernel.envelope.footer.MOST_FOOTER_BYTES", 1_000)
    table = pa.table({"surname": ["x"] * 30})
    drop = written(table, row_group_size=1)(Forger(house))
    refused(house, drop, asks.FOOTER_TOO_LONG, "30 row groups", "8,388,608 bytes", "parquet.block.size")


def test_too_many_columns_of_row_groups_are_counted(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    drop = written(pa.table({"surname": ["x"] * 30, "sex": ["F"] * 30}), row_group_size=1)(Forger(house))
    monkeypatch.setattr("shared.kernel.envelope.footer.MOST_CHUNKS", 60)
    assert house.opened(*drop).table.num_rows == 30
    monkeypatch.setattr("shared.kernel.envelope.footer.MOST_CHUNKS", 59)
    refused(house, drop, content.MANY_CHUNKS, "30 row groups of 2 columns", "32,768")


def test_what_grows_most_is_named(house: House) -> None:
    table = pa.table({"surname": ["x"] * 2000, "forename": ["y" * 9000] * 2000})
    limits = AGREEMENT.limits.model_copy(update={"decompressed_bytes": 1_000_000})
    for options in ({}, {"use_dictionary": False}, {"use_dictionary": False, "column_encoding": "DELTA_BYTE_ARRAY"}):
        drop = written(table, **options)(Forger(house))
        refused(house, drop, content.GROWS, "1,000,000 bytes", "column 2 of 2 (forename)", limits=limits)


# --- all of them ----------------------------------------------------------------------------------------------------


def test_every_ask_of_the_lock_and_the_manifest_is_tried() -> None:
    tried = {ask for table in (MANIFESTS, ARRIVALS, LOCKS, CONTENTS) for _, ask, _ in table.values()}
    elsewhere = {
        asks.UNWRAP,
        asks.FOOTER_TOO_LONG,
        content.MANY_CHUNKS,
        content.GROWS,
        # Keys with a time, bombs and forged footers, in the tests of the gates:
        asks.SIGNER_OUT_OF_TIME,
        asks.CLEAR_PART,
        content.MANY_COLUMNS,
        content.PAGE_KIND,
        content.CLEAR_LEVELS,
        content.NOT_OPEN,
        content.PAGE_NUMBERS,
        content.MANY_PAGES,
        content.MIXED_DICTIONARY,
        content.DECIMAL_DICTIONARY,
        content.DELTAS,
    }
    assert tried | elsewhere == set(ASKS)


def test_settings_go_by_the_names_of_their_writers() -> None:
    assert {name for ask in ASKS for name in ask.settings} == {ARROW, JAVA}
    for ask in ASKS:
        assert ask.asked
        assert ask.gate in gates.GATES


def test_a_report_has_the_refusal_as_data(house: House) -> None:
    with pytest.raises(UntrustedDrop) as raised:
        house.opened(*sealed_so(double_wrapping=True)(Forger(house)))
    told = json.loads(report_json(raised.value, {}))["refusal"]
    assert told == {
        "code": "ENV-010",
        "found": "a data key that is wrapped twice (doubleWrapping)",
        "asked": "single wrapping: one data key, wrapped once, inside the file",
        "settings": asks.DOUBLE_WRAPPING.settings,
    }


def test_the_gates_can_be_walked_one_by_one_in_their_published_order(house: House) -> None:
    sealed = house.sealed()
    place = Place(
        "lambeth", "exchange", frozenset({sealed.manifest.key_id}), lambda manifest: AGREEMENT.limits, AGREEMENT.limits
    )
    walk = walk_gates(sealed.data, sealed.metadata, place, house.exchange)
    passed: list[Passed] = list(walk)
    order = [gate.code for step in passed for gate in step.gates]
    assert order == [gate.code for gate in gates.GATES]
    agreement = next(number for number, step in enumerate(passed) if not step.gates)
    assert passed[agreement - 1].gates == (gates.KEY_ID,)
    assert passed[agreement + 1].gates == (gates.LOCK,)
    assert not any(value in step.seen for step in passed for value in VALUES)


def test_a_walk_ends_at_the_gate_that_refuses(house: House) -> None:
    data, metadata = sealed_so(double_wrapping=True)(Forger(house))
    key_ids = frozenset({json.loads(metadata["exchange_manifest"])["key_id"]})
    place = Place("lambeth", "exchange", key_ids, lambda manifest: AGREEMENT.limits, AGREEMENT.limits)
    passed: list[Passed] = []
    with pytest.raises(UntrustedDrop, match="ENV-010"):
        passed.extend(walk_gates(data, metadata, place, house.exchange))
    assert passed[-1].gates == ()
