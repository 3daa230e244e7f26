"""The page of the sealed file and the recipe for Spark: prose in `templates/`, with places for what the code says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from string import Template
from typing import Any

from docs.governance.facts import agreement
from docs.governance.markdown import code, table
from docs.sealed import quoted
from docs.sealed.datasets import kinds_table
from docs.sealed.limits import limits_table, number
from docs.sealed.manifest import manifest_schema, members_table
from local.site import PASS_LASTS
from shared.kernel.contract.file_rules import FILE_RULES, LACKING, UNKNOWN
from shared.kernel.contract.report import refusal_of
from shared.kernel.envelope import asks, footer, gates, pages
from shared.kernel.envelope.canonical import to_text
from shared.kernel.envelope.jwk import RSA_BITS
from shared.kernel.envelope.keys import Use, ring_id
from shared.kernel.envelope.limits import DATA_KEY_BYTES, METADATA_LIMIT, SIGNATURE_BYTES
from shared.kernel.envelope.lock import read_lock
from shared.kernel.envelope.manifest import MANIFEST_KEY, SIGNATURE_KEY
from shared.kernel.intake import codes
from shared.kernel.storage.names import LONGEST_NAME
from shared.kernel.terms.gates import (
    COLLECTION_NOT_OPEN,
    MAY_NOT_DROP,
    NOT_IN_FORCE,
    OTHER_AGREEMENT,
    TOO_MANY_OFFICERS,
    UNKNOWN_DATASET,
    AgreementCode,
)

TEMPLATES = Path(__file__).parent / "templates"
VECTORS = quoted.ROOT / "tests" / "vectors" / "sealed"
SHOWN = VECTORS / "foreign" / "a-pupils.parquet"
"""The sealed file that the page shows."""

CODECS = {0: "none", 1: "Snappy", 2: "gzip", 6: "Zstandard"}
"""What the format calls them, by the numbers that the gates go by."""


def sealed_page() -> str:
    """`docs/users/sealed-file.md`."""
    metadata = json.loads(SHOWN.with_suffix(".metadata.json").read_bytes())
    terms = agreement()
    facts = {
        "version": str(json.loads(manifest_schema())["properties"]["version"]["maximum"]),
        "agreement": terms.id,
        "agreement_version": terms.version,
        "other_agreement": OTHER_AGREEMENT.code,
        "outbox_days": str(terms.retention.sweep_days["outbox"]),
        "pass_days": str(PASS_LASTS.days),
        "rsa_bits": str(RSA_BITS),
        "wrapped_bytes": str(RSA_BITS // 8),
        "data_key_bytes": str(DATA_KEY_BYTES),
        "data_key_bits": str(8 * DATA_KEY_BYTES),
        "signature_bytes": str(SIGNATURE_BYTES),
        "signature_chars": str(len(to_text(bytes(SIGNATURE_BYTES)))),
        "metadata_bytes": number(METADATA_LIMIT),
        "name_chars": number(LONGEST_NAME),
        "members_count": {12: "Twelve"}[len(asks.NEEDED_MEMBERS)],
        "waits": _waits(),
        "every": _every(),
        "id_digits": str(len(ring_id("x", Use.SIGN, "0" * 64).rpartition("/")[2])),
        "codecs": ", ".join(CODECS[number] for number in footer._CODECS),
        "encodings": code(name for number, name in enumerate(pages._ENCODINGS) if number not in pages._NOT_READ),
        "kinds": kinds_table(),
        "collections": collections_table(),
        "limits": limits_table(),
        "gates": gates_table(),
        "standings": standings_table(),
        "delayed": DELAYED.code,
        "refusal": _refusal(),
        "members": members_table(),
        "manifest": metadata[MANIFEST_KEY],
        "signature": metadata[SIGNATURE_KEY],
        "request": _request(metadata),
        "key_set": _key_set(),
        "key_material": _key_material(),
        "receipt": _receipt(),
        **_codes(),
        **_code(),
    }
    return _fill("sealed-file", facts)


def spark_page() -> str:
    """`docs/users/examples/spark.md`."""
    rows = _properties()
    facts = {
        "count": {8: "eight"}[len(rows)],
        "pyspark": _pyspark(),
        "rows": "\n".join(f"| `{name}` | {value} | {why} |" for name, value, why in rows),
        "wrapping": quoted.java("DropKms.java", "private static final OAEPParameterSpec", "public String wrapKey("),
        "typed": quoted.python("spark_seal.py", "typed"),
        "seal": quoted.python("spark_seal.py", "seal"),
    }
    return _fill("spark", facts)


PUT = (
    codes.UNUSABLE_NAME,
    codes.GONE,
    codes.SENDERS_KEY,
    codes.ARCHIVED,
    codes.UNFINISHED_COPY,
    codes.NOT_A_BLOCK_BLOB,
)
AGREED = (OTHER_AGREEMENT, NOT_IN_FORCE, UNKNOWN_DATASET, MAY_NOT_DROP, COLLECTION_NOT_OPEN)
AGE = (codes.IN_THE_FUTURE, codes.TOO_OLD)
COME_AGAIN = codes.AGAIN
LAST = (
    codes.NOT_WHOLE,
    TOO_MANY_OFFICERS,
    codes.TOO_MANY,
    codes.TOO_LATE,
    codes.SAME_SECOND_GONE,
    codes.UNKNOWN_DROP,
    codes.NOT_LATER,
)
"""What is asked of the blob, of the agreement, of the time and of other drops, each in order."""
ACCEPTED = (codes.SHARES_NOTHING, codes.SAME_SECOND, codes.OLDER)
"""No refusals: what an accepted file may be told of its place among others."""
DELAYED = codes.WAITS
"""No refusal either: the exchange has failed at the file, and goes on trying."""


def gates_table() -> str:
    """Every reason for which a drop is refused as a whole, in the order in which it is asked for."""
    behind = gates.GATES.index(gates.KEY_ID) + 1
    asked: tuple[AgreementCode | gates.Reason, ...] = (
        *PUT,
        *gates.GATES[:behind],
        *AGREED,
        *gates.GATES[behind:],
        *AGE,
    )
    rows = [
        *((reason.code, reason.meaning, reason.remedy) for reason in asked),
        (COME_AGAIN.code, COME_AGAIN.meaning, COME_AGAIN.remedy),
        *((rule.code, rule.message.format(columns="…"), rule.remedy) for rule in FILE_RULES),
        *((reason.code, reason.meaning, reason.remedy) for reason in LAST),
    ]
    return table(("code", "what is wrong", "what to change"), rows)


def standings_table() -> str:
    """What an accepted file may be told of its place among its sender's others."""
    rows = [(why.code, why.meaning, why.remedy) for why in ACCEPTED]
    return table(("`standing_code`", "what it means", "what to do"), rows)


def collections_table() -> str:
    """Which collection each dataset takes drops of, and when."""
    rows = [
        (f"`{collection}`", f"`{dataset}`", f"{open_on.first}", f"{open_on.last}")
        for dataset, terms in agreement().datasets.items()
        for collection, open_on in terms.collections.items()
    ]
    return table(("collection", "dataset", "open from", "to"), sorted(rows))


def _fill(name: str, facts: dict[str, str]) -> str:
    text = Template((TEMPLATES / f"{name}.md.tmpl").read_text(encoding="utf-8"))
    if spare := set(facts) - set(text.get_identifiers()):
        raise KeyError(f"{name}: nothing asks for {', '.join(sorted(spare))}")
    return text.substitute(facts)


def _codes() -> dict[str, str]:
    return {
        "key_id_code": gates.KEY_ID.code,
        "not_a_key": gates.NOT_A_KEY.code,
        "signer_code": gates.SIGNER.code,
        "signature_code": gates.SIGNATURE.code,
        "manifest_code": gates.MANIFEST.code,
        "lock_key_code": gates.LOCK_KEY.code,
        "name_code": codes.UNUSABLE_NAME.code,
        "damaged": gates.DAMAGED.code,
        "unknown_code": UNKNOWN.code,
        "lacking_code": LACKING.code,
    }


def _code() -> dict[str, str]:
    return {
        "seal": quoted.python("sender.py", "Wrapping", "seal"),
        "java_properties": quoted.java("Seal.java", "public static FileEncryptionProperties properties("),
        "sign": quoted.python("sender.py", "canonical", "sign"),
        "put": quoted.python("sender.py", "put"),
        "receipt_code": quoted.python("answers.py", "check", "read_receipt"),
        "open_result": quoted.python("answers.py", "Unwrapping", "open_result"),
    }


def _waits() -> str:
    """How long the example waits between two tries."""
    [said] = re.findall(r"waits: Any = \(([\d, ]+)\)", quoted.python("sender.py", "put"))
    return str(said).replace(", ", ", then ")


def _every() -> str:
    """How often the example asks for a receipt."""
    [said] = re.findall(r"every: float = (\d+)", quoted.python("answers.py", "wait_for_receipt"))
    return str(said)


def _request(metadata: dict[str, str]) -> str:
    manifest = json.loads(metadata[MANIFEST_KEY])
    name = f"{manifest['dataset']}-{manifest['collection']}-{manifest['sha256'][:12]}.parquet"
    return "\n".join(
        [
            f"PUT /{manifest['sender']}-inbox/{name}?<pass> HTTP/1.1",
            "Host: <account>.blob.core.windows.net",
            "x-ms-version: 2021-12-02",
            "x-ms-blob-type: BlockBlob",
            "If-None-Match: *",
            "Content-Type: application/octet-stream",
            f"Content-Length: {SHOWN.stat().st_size}",
            *(f"x-ms-meta-{key}: {metadata[key]}" for key in (MANIFEST_KEY, SIGNATURE_KEY)),
            "",
            "<the sealed bytes>",
        ]
    )


def _key_set() -> str:
    keys = [json.loads((VECTORS / f"keys/sets/southwark-{use}.jwks.json").read_bytes()) for use in ("sign", "release")]
    [sign], [release] = (document["keys"] for document in keys)
    return _spread({"keys": [sign, release | {"n": f"{release['n'][:12]}…"}]})


def _key_material() -> str:
    data = SHOWN.read_bytes()
    lock = read_lock(data)
    start = data.index(b"{", len(data) - 8 - int.from_bytes(data[-8:-4], "little"))
    material = json.loads(data[start : data.index(b"}", start) + 1])
    asked = {name: material[name] for name in sorted(material) if not name.startswith("kms")}
    return json.dumps(
        asked | {"masterKeyID": lock.key_id, "wrappedDEK": f"{material['wrappedDEK'][:12]}…"},
        indent=1,
        ensure_ascii=False,
    )


def _receipt() -> str:
    return _spread(json.loads((VECTORS / "answers" / "a-pupils.receipt.json").read_bytes()))


def _refusal() -> str:
    """What a receipt says of a refusal, as data."""
    return _spread({"refusal": refusal_of(asks.DATA_KEY_LENGTH.refusal(bits=4 * DATA_KEY_BYTES))})


def _spread(document: dict[str, Any]) -> str:
    """JSON for reading: a line for each plain member."""
    return json.dumps(document, indent=1, ensure_ascii=False)


def _properties() -> list[tuple[str, str, str]]:
    """The properties of the recipe for Spark, their values, and why."""
    text = quoted.python("spark_seal.py", "properties")
    why = {
        "parquet.crypto.factory.class": "turns encryption on",
        "parquet.encryption.kms.client.class": "the class above",
        "parquet.encryption.kms.instance.id": "one client for each key: Spark keeps them, and would wrap for the last",
        "parquet.encryption.uniform.key": "footer and every column under one data key",
        "parquet.encryption.double.wrapping": "the default is `true`, and is refused",
        "parquet.encryption.data.key.length.bits": "the default is `128`, and is refused",
        "exchange.drop.n": "the public key itself",
        "exchange.drop.e": "the public key itself",
    }
    members = {"kid": "`kid` of the drop key", "n": "member `n` of the drop key", "e": "member `e` of the drop key"}
    found = re.findall(r'"([a-z.]+)": (?:"([^"]+)"|drop\["(\w+)"\])', text)
    return [(name, f"`{value}`" if value else members[member], why[name]) for name, value, member in found]


def _pyspark() -> str:
    [version] = re.findall(r"^pyspark==([\d.]+)", (quoted.ROOT / "tests/spark/requirements.txt").read_text(), re.M)
    return str(version)
