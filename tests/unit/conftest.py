"""A unit test touches nothing outside of its process, unless it is marked `outside` (see `tests/outside.py`)."""

from tests.outside import pytest_itemcollected, pytest_runtest_makereport, pytest_runtest_protocol

__all__ = ["pytest_itemcollected", "pytest_runtest_makereport", "pytest_runtest_protocol"]
