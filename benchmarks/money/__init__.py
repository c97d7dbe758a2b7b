"""The money model played many thousand times: ``python -m benchmarks.money --runs 20000``."""
