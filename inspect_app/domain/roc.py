"""Dates as the field writes them: the ROC calendar (民國) on screens and in files, Asia/Taipei for every legal date."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from zoneinfo import ZoneInfo

TAIPEI = ZoneInfo("Asia/Taipei")
OFFSET = 1911
WEEKDAYS = "一二三四五六日"

_PARTED = re.compile(r"(?:民國)?(\d{1,4})[./年-](\d{1,2})[./月-](\d{1,2})日?(?:\([一二三四五六日]\))?")
_COMPACT = re.compile(r"(\d{2,3})(\d{2})(\d{2})")


def parse_roc(text: str) -> date:
    """The date of a ROC text: 1100818, 110.03.10, 110/3/10, 110-3-10, 民國110年3月10日, also full-width.

    Raises ValueError with a sentence for the screen; a year of our era is refused, never guessed.
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    if not plain:
        raise ValueError("沒有填日期，請填民國日期，例如 110.03.10")
    match = _PARTED.fullmatch(plain) or _COMPACT.fullmatch(plain)
    if match is None:
        raise ValueError(f"「{text}」不是民國日期，請寫成 110.03.10 或 1100310")
    return _roc_date(text, *(int(part) for part in match.groups()))


def _roc_date(text: str, year: int, month: int, day: int) -> date:
    if year > 200:
        raise ValueError(f"「{text}」的年份像是西元年，請改寫成民國年")
    if year < 1:
        raise ValueError(f"「{text}」沒有這一年，民國年從 1 起算")
    try:
        return date(year + OFFSET, month, day)
    except ValueError:
        raise ValueError(f"「{text}」沒有這一天，請查對月份和日期") from None


def format_date(day: date) -> str:
    """民國115年11月23日（一）."""
    return f"民國{day.year - OFFSET}年{day.month}月{day.day}日（{WEEKDAYS[day.weekday()]}）"


def short_date(day: date) -> str:
    """115.11.23."""
    return f"{day.year - OFFSET}.{day.month:02d}.{day.day:02d}"


def compact(day: date) -> str:
    """1151123, as the tender system writes it."""
    return f"{day.year - OFFSET:03d}{day.month:02d}{day.day:02d}"


def local(moment: datetime) -> datetime:
    """An aware moment in Taipei's time; a naive one is refused."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone has no legal date")
    return moment.astimezone(TAIPEI)


def local_date(moment: datetime) -> date:
    """The legal date of an aware moment."""
    return local(moment).date()


def format_time(moment: datetime) -> str:
    """14:05, in Taipei's time."""
    return local(moment).strftime("%H:%M")
