"""What proves the log: signed heads, proofs, verification, and what a verified backup holds."""
