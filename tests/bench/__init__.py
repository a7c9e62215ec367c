"""Scenarios for `dev.py bench`. Ratios count, not seconds: the machine is shared."""
