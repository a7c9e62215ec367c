"""Rings A and B of docs/proof.md: stories of tablets, faults and one server, replayed from a seed."""
