"""Says where a manifest or a signature leaves its form: which member, which character, and never what stands there."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from pydantic import ValidationError

from shared.kernel.envelope import asks
from shared.kernel.errors import UntrustedDrop

_MEMBERS = tuple(asks.MEMBER_FORMS)
_BYTE_ORDER_MARK = "\ufeff"
_BASE64_OF_A_MANIFEST = "eyJ"
"""Of a brace and a quotation mark."""


def not_a_manifest(text: str, error: ValidationError) -> UntrustedDrop:
    """Why `text` is no manifest at all."""
    try:
        members: Any = json.loads(text)
    except json.JSONDecodeError as at:
        return asks.MANIFEST_JSON.refusal(found=_no_json(text, at.pos))
    except (ValueError, RecursionError):
        return asks.MANIFEST_JSON.refusal(found="JSON that is nested, or a number that is longer, than any manifest")
    if not isinstance(members, dict):
        return asks.MANIFEST_JSON.refusal(found="JSON that is no object")
    if missing := [name for name in asks.NEEDED_MEMBERS if name not in members]:
        return asks.MANIFEST_MEMBERS.refusal(found=f"no member {', '.join(missing)}")
    if others := len(set(members) - set(_MEMBERS)):
        # Their names are the sender's text.
        members_of = "1 member of another name" if others == 1 else f"{others} members of other names"
        return asks.MANIFEST_MEMBERS.refusal(found=members_of)
    named = {str(part["loc"][0]) for part in error.errors() if part["loc"]} & set(_MEMBERS)
    return _wrong_members(named)


def _no_json(text: str, place: int) -> str:
    """What stands there instead, told by its first characters."""
    if text.startswith(_BYTE_ORDER_MARK):
        return "a byte order mark"
    if text.startswith("%"):
        return "percent-encoded text"
    if text.startswith(_BASE64_OF_A_MANIFEST):
        return "text in Base64"
    return f"no JSON from character {place + 1} on"


def not_canonical(text: str, canonical: str) -> UntrustedDrop:
    """Where `text`, which means the same manifest as `canonical`, leaves its spelling."""
    pairs: list[tuple[str, Any]] = json.loads(text, object_pairs_hook=list)
    names = [name for name, _ in pairs]
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        return asks.MANIFEST_SPELLING.refusal(found=f"the member {twice[0]} more than once")
    if lacking := [name for name in asks.NEEDED_MEMBERS if name not in names]:
        return asks.MANIFEST_MEMBERS.refusal(found=f"no member {', '.join(lacking)}")
    true = json.loads(canonical)
    if differing := {name for name, value in pairs if name not in true or json.dumps(value) != json.dumps(true[name])}:
        return _wrong_members(differing)
    at = next((place for place, (one, other) in enumerate(zip(text, canonical, strict=False)) if one != other), None)
    place = min(len(text), len(canonical)) if at is None else at
    return asks.MANIFEST_SPELLING.refusal(found=f"{_what(text, place)} at character {place + 1}")


def _wrong_members(names: set[str]) -> UntrustedDrop:
    ordered = [name for name in _MEMBERS if name in names]
    if not ordered:
        return asks.MANIFEST_JSON.refusal(found="JSON that is no manifest")
    forms = "; ".join(f"{name} {asks.MEMBER_FORMS[name]}" for name in ordered)
    return asks.MANIFEST_MEMBER.refusal(found=", ".join(ordered), forms=forms)


def _what(text: str, place: int) -> str:
    """What leaves the canonical form there."""
    rest = text[place:]
    if rest[:1].isspace():
        return "a space or line end"
    if rest.startswith("\\"):
        return "an escape"
    if re.match(r"[A-Za-z_0-9]", rest) or rest.startswith('"'):
        return "another member than the order by code point asks for"
    return "another character"


def not_base64url(text: str) -> UntrustedDrop:
    """Why `text` is no signature in Base64url."""
    if "=" in text:
        return asks.SIGNATURE_FORM.refusal(found="padding (=)", characters=len(text))
    if "+" in text or "/" in text:
        return asks.SIGNATURE_FORM.refusal(found="+ or /, which are of standard Base64", characters=len(text))
    if re.search(r"\s", text):
        return asks.SIGNATURE_FORM.refusal(found="a space or line end", characters=len(text))
    if re.fullmatch(r"[A-Za-z0-9_-]*", text):
        return asks.SIGNATURE_FORM.refusal(found="an unfinished group of characters", characters=len(text))
    return asks.SIGNATURE_FORM.refusal(found="characters that are not of Base64url", characters=len(text))


def of_another_length(text: str, signature: bytes) -> UntrustedDrop:
    """Why `text`, which is Base64url of other bytes than a signature has, is none. Hexadecimal digits are such text."""
    if re.fullmatch(r"(?i)[0-9a-f]{128}", text):
        return asks.SIGNATURE_FORM.refusal(found="hexadecimal digits", characters=len(text))
    return asks.SIGNATURE_LENGTH.refusal(characters=len(text), bytes=len(signature))
