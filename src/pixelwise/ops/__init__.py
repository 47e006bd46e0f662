"""Pure functions on tensors, arrays and files."""
