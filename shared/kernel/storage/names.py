"""Which blob names can be used in a URL without meaning another blob."""

from __future__ import annotations

import re

LONGEST_NAME = 1024
"""Characters; the service's own limit."""

_UNUSABLE = re.compile(
    r"^/|//|\\|[\x00-\x1f\x7f]"  # a leading or doubled slash, a backslash (some clients turn it), a control character
    r"|(^|/)\.{1,2}(/|$)"  # a dot segment: HTTP libraries resolve it, and the name escapes from its prefix
    r"|[./]$"  # the service drops a dot or slash at the end
    r"|[\ud800-\udfff]"  # half of a surrogate pair, as JSON can hold it: no text, and no URL can be made of it
)


def is_usable(name: str) -> bool:
    """Whether a blob can be addressed by this name without it meaning another blob."""
    return 0 < len(name) <= LONGEST_NAME and not _UNUSABLE.search(name)
