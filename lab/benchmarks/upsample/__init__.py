"""How well enlarged text reads: ``python -m lab.benchmarks.upsample [--quick]``."""
