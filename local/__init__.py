"""The whole exchange on one machine: storage emulator, trigger host, synthetic boroughs, demo."""
