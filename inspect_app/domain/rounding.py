"""Exact rounding on whole numbers and fractions; floats never take part."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def half_up(value: Fraction) -> int:
    """Rounded to a whole number, halves up (69.5 -> 70)."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def mean(values: Sequence[int]) -> Fraction:
    """The exact mean; ValueError for no values."""
    if not values:
        raise ValueError("沒有任何數值，無法平均")
    return Fraction(sum(values), len(values))


def decimal_text(value: Fraction, places: int = 2) -> str:
    """`79.67`: with a fixed number of places (at least one), halves up. For values from 0."""
    whole, rest = divmod(half_up(value * 10**places), 10**places)
    return f"{whole}.{rest:0{places}d}"
