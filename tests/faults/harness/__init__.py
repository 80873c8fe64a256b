"""Load, faults and a ledger: ``python -m tests.faults.harness --seconds 600`` or ``make faults SECONDS=600``."""
