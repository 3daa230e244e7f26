"""How well and how fast we link, beside the best known peers on the same files: `make bench-link`."""
