"""Governance pages that are made from the agreement and the code, so that they cannot say what is no longer so."""
