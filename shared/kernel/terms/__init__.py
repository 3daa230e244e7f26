"""The data sharing agreement as code: loaded and checked once, asked through gates."""
