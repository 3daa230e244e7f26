"""The data sharing agreements that the exchange carries out, one package each."""
