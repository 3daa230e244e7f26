"""Asks whom a command is about: in a file, or at the terminal."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import typer

from client.console import note
from client.person import KEYS, QUESTIONS, Person, read_person, understand


def person_meant(who: Path | None, keys: Iterable[str] = KEYS) -> Person:
    """Whom the file names, else whoever is named by answers to the questions of these keys. Raises as `read_person`."""
    if who is not None:
        if os.name != "nt" and who.is_file() and who.stat().st_mode & 0o077:
            note(f"{who} can be read by others on this machine. Close it (chmod 600), and remove it when you are done.")
        return read_person(who)
    note("Who is it about? Leave empty what is not known.")
    answers = {key: typer.prompt(QUESTIONS[key], default="", show_default=False, err=True) for key in keys}
    return understand({key: [answer] for key, answer in answers.items()})
