"""How fast each stage is and how much memory it takes, each in a process of its own: `make bench`."""
