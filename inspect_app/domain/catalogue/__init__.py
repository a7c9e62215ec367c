"""The defect-code table (缺失編號): rows, editions, □ alternatives, search, comparison."""

from .alternatives import Alternatives, Option, alternatives, sentence, short
from .codes import normalise_code
from .comparison import Difference, compare
from .rows import Block, Edition, Kind, PointRange, Row, block_of, parse_range
from .search import Phrase, normalise, search
from .shipped import demo_edition, phrases
from .validation import Checked, Fault, check_rows

__all__ = [
    "Alternatives",
    "Block",
    "Checked",
    "Difference",
    "Edition",
    "Fault",
    "Kind",
    "Option",
    "Phrase",
    "PointRange",
    "Row",
    "alternatives",
    "block_of",
    "check_rows",
    "compare",
    "demo_edition",
    "normalise",
    "normalise_code",
    "parse_range",
    "phrases",
    "search",
    "sentence",
    "short",
]
