"""Leaves out what this Python cannot run; `tests/conftest.py` says so at the top of the report."""

from __future__ import annotations

import sys

collect_ignore = [] if sys.version_info >= (3, 13) else ["test_real_worker.py"]
