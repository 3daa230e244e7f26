"""Disposal: what is past its day is found, destroyed and proven gone; a watchdog says when that did not happen."""
