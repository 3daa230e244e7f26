"""Jobs carried out, each once, and their releases. Once written, the exchange cannot read a release."""
