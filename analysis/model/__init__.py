"""The model: plain-Python kernels that also compile (numba) and translate (JavaScript)."""
