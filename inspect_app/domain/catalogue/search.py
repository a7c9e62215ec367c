"""Finding a code by number, word, phrase or half-typed 注音. The same steps stand in the TypeScript twin."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from .codes import normalise_code
from .rows import Edition, Kind, Row

_NUMBER = re.compile(r"[\d\s.,、。．/_-]*\d[\d\s.,、。．/_-]*")
_READING = re.compile(r"[\u3105-\u312fˊˇˋ˙ˉ]+$")
_NOISE = re.compile(r"[^\w\u3105-\u312f]|_")
_SAME = str.maketrans("臺値銹墻樑厠祇濶", "台值鏽牆梁廁只闊")
_TONES = str.maketrans("", "", "ˊˇˋ˙ˉ")

PHRASE_EXACT, PHRASE_START, TEXT, PHRASE_INSIDE, TERMS, PAIRS = 600, 500, 400, 350, 300, 200


@dataclass(frozen=True, slots=True)
class Phrase:
    """How inspectors say it, its 注音 syllable by syllable without tones, and the codes they mean, best first."""

    text: str
    zhuyin: tuple[str, ...]
    codes: tuple[str, ...]


def search(edition: Edition, query: str, phrases: Sequence[Phrase] = (), limit: int = 20) -> list[Row]:
    """The best rows for what was typed, best first; empty for a blank query."""
    plain = unicodedata.normalize("NFKC", query).strip()
    if not plain:
        return []
    if _NUMBER.fullmatch(plain):
        return _by_number(edition, plain)[:limit]
    scores = _by_phrase(plain, phrases)
    for row in edition.rows:
        scores[row.code] = max(scores.get(row.code, 0), _by_text(row, plain))
    found = [row for row in edition.rows if scores[row.code] > 0]
    found.sort(key=lambda row: (-scores[row.code], row.kind is Kind.HEADING, len(row.text), row.code))
    return found[:limit]


def _by_number(edition: Edition, typed: str) -> list[Row]:
    """The code itself first, then what begins with it, then what begins with its digits."""
    code, digits = normalise_code(typed), re.sub(r"\D", "", typed)
    inside = code + "." if code else "?"
    found = [
        row for row in edition.rows if row.code == code or row.code.startswith(inside) or _digits(row, digits)
    ]
    found.sort(key=lambda row: (row.code != code, not row.code.startswith(inside), row.code))
    return found


def _digits(row: Row, digits: str) -> bool:
    return row.code.replace(".", "").startswith(digits)


@lru_cache(maxsize=8192)
def normalise(text: str) -> str:
    """For comparison: half-width, lower case, one form of variant characters, no spaces or marks."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).lower()).translate(_SAME)


def _by_phrase(typed: str, phrases: Sequence[Phrase]) -> dict[str, int]:
    match = _READING.search(typed)
    reading = match[0].translate(_TONES) if match else ""
    words = normalise(typed[: match.start()] if match else typed)
    scores: dict[str, int] = {}
    for phrase in phrases:
        score = _phrase_score(phrase, words, reading)
        for place, code in enumerate(phrase.codes):
            scores[code] = max(scores.get(code, 0), score - place if score else 0)
    return scores


def _phrase_score(phrase: Phrase, words: str, reading: str) -> int:
    text = normalise(phrase.text)
    if reading:
        return PHRASE_START if text.startswith(words) and _reads(phrase, len(words), reading) else 0
    if text == words:
        return PHRASE_EXACT
    if len(words) > 1 and text.startswith(words):
        return PHRASE_START
    return PHRASE_INSIDE if text in words or (len(words) > 1 and words in text) else 0


def _reads(phrase: Phrase, start: int, reading: str) -> bool:
    return "".join(phrase.zhuyin[start:]).startswith(reading)


def _by_text(row: Row, typed: str) -> int:
    words, text = normalise(_READING.sub("", typed)), normalise(row.text)
    if not words:
        return 0
    if words in text:
        return TEXT
    terms = [normalise(term) for term in _READING.sub("", typed).split()]
    if len(terms) > 1 and all(term in text for term in terms):
        return TERMS
    return _pairs(words, text)


def _pairs(words: str, text: str) -> int:
    """The share of the query's neighbouring pairs that the text holds, from a half on."""
    pairs = [words[at : at + 2] for at in range(len(words) - 1)]
    held = sum(pair in text for pair in pairs)
    return PAIRS * held // len(pairs) if pairs and held * 2 >= len(pairs) else 0
