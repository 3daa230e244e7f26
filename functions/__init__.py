"""The triggers: read the event, call one service, nothing else."""

VERSION = "0.1.0"
"""The release that runs here. Kept by hand because the deployed package is a folder of sources, not an installed
distribution that could be asked; a test holds it to `pyproject.toml`."""
