"""How fast the store answers and commits with many orders in it: ``python -m benchmarks.store``."""
