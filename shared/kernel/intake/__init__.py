"""A drop becomes staged rows, a validation report and a signed receipt."""
