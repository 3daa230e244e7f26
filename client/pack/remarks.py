"""What reading a file has to say of it, before anything is packed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from client.pack.codes import PackCode


@dataclass(frozen=True, eq=False)
class Remark:
    """One thing that was met while a file was read."""

    code: PackCode
    lines: np.ndarray | None = None
    """The numbers of the lines (of a sheet: the rows) that it is about; None when it is about the whole file."""
    field: str = ""
