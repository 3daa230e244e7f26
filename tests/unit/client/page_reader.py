"""Reads a page as a strict browser would, and says what is wrong with it."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "br", "wbr", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """The page's elements, and its faults: what is not closed, not unique, not there, or from elsewhere."""

    def __init__(self, document: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.tables: list[dict[str, int]] = []
        self._open: list[str] = []
        self._wanted: set[str] = set()
        self.feed(document)
        self.close()
        self.faults += [f"{tag} is not closed" for tag in self._open]
        self.faults += [f"id {name} is there twice" for name in set(self.ids) if self.ids.count(name) > 1]
        self.faults += [f"there is no id {name}" for name in sorted(self._wanted - set(self.ids))]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        self.elements.append((tag, known))
        if tag not in VOID:
            self._open.append(tag)
        if "id" in known:
            self.ids.append(known["id"])
        for name in ("aria-labelledby", "aria-describedby"):
            self._wanted |= set(known.get(name, "").split())
        if known.get("href", "").startswith("#"):
            self._wanted.add(known["href"][1:])
        self.faults += [f"{tag} has {name}" for name in known if name.startswith("on") or name in ("src", "srcset")]
        if tag in ("script", "link", "iframe", "object", "embed", "img", "form", "base"):
            self.faults.append(f"there is a {tag}")
        if "href" in known and not known["href"].startswith("#"):
            self.faults.append(f"a link leaves the page: {known['href']}")
        if tag == "table":
            self.tables.append({"captions": 0, "heads": 0, "without scope": 0, "rows": 0})
        elif self.tables and tag in ("caption", "thead", "tr"):
            self.tables[-1][{"caption": "captions", "thead": "heads", "tr": "rows"}[tag]] += 1
        elif tag == "th" and known.get("scope") not in ("col", "row", "rowgroup"):
            self.tables[-1]["without scope"] += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"{tag} is closed where {self._open[-1:]} is open")
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data

    def of(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every such element."""
        return [attrs for name, attrs in self.elements if name == tag]
