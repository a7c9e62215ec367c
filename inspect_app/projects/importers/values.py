"""Texts of the files as values: exact money, ROC dates, basis points, WGS84."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from pyproj import Transformer
from sqlalchemy import String

from inspect_app.domain.money import from_thousands
from inspect_app.domain.roc import OFFSET, parse_roc
from inspect_app.intake import Unreadable
from inspect_app.intake.tables import storable
from inspect_app.projects.importers.records import BadRow
from inspect_app.projects.models import Firm, Tender

BLANKS = frozenset({"", "-", "－", "—", "–", "無", "N/A", "n/a", "NA", "null", "未填"})
MAX_MONEY = 10**15
MAX_TEXT = 200_000
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_IDENTITY = re.compile(r"(?<![A-Z0-9])[A-Z][12A-D89]\d{8}(?![0-9])", re.IGNORECASE)
_OUTER_ISLANDS = re.compile(r"澎湖縣|金門縣|連江縣|^(澎湖|金門|連江|馬祖)")


def text(name: str, value: str, limit: int = MAX_TEXT) -> str:
    """A text that can be kept whole; blanks stay empty."""
    if isinstance(value, Unreadable):
        raise BadRow(name, f"「{name}」這一格是公式或錯誤值，請在 Excel 改貼成值。")
    if not storable([value]):
        raise BadRow(name, f"「{name}」含有壞掉或無法儲存的字元（例如自造字），請重新輸入這一格。")
    plain = value.strip()
    if len(plain) > limit:
        raise BadRow(name, f"「{name}」有 {len(plain):,} 個字，最多 {limit:,} 個字，請縮短。")
    return plain


@cache
def limit_of(column: str) -> int:
    """The most letters that a column of Tender takes."""
    kind = Tender.__table__.c[column].type
    return (isinstance(kind, String) and kind.length) or MAX_TEXT


FIRM_LIMIT = Firm.__table__.c.name.type.length or MAX_TEXT


def number_key(name: str, value: str) -> str:
    """A tender number: it may start with `-`, and Excel may have taken it for a formula (`=-B-12`). Full-width letters and
    marks that nobody sees make no other number of it, or one work would stand twice.
    """
    if isinstance(value, Unreadable) and re.fullmatch(r"=-[A-Za-z0-9][A-Za-z0-9-]*", value):
        value = str(value)[1:]
    plain = _UNSEEN.sub("", unicodedata.normalize("NFKC", text(name, value, limit_of("number")))).strip()
    if not plain:
        raise BadRow(name, f"沒有填「{name}」，請補上標案編號。")
    return plain.removeprefix("'")


def day(name: str, value: str) -> date | None:
    """A ROC date; None for a blank."""
    plain = text(name, value, 60)
    if plain in BLANKS:
        return None
    try:
        return parse_roc(plain)
    except ValueError as error:
        raise BadRow(name, f"「{name}」{error}。") from None


def money(name: str, value: str) -> int | None:
    """Whole NT$ of a text in thousands; None for a blank."""
    plain = text(name, value, 60)
    if plain in BLANKS:
        return None
    try:
        amount = from_thousands(plain)
    except ValueError as error:
        raise BadRow(name, f"「{name}」{error}。") from None
    if amount > MAX_MONEY:
        raise BadRow(name, f"「{name}」{plain} 千元超出合理範圍，請確認單位是千元。")
    return amount


def negative(value: str) -> bool:
    """Whether a text is a number below zero."""
    plain = unicodedata.normalize("NFKC", value).replace(",", "").strip()
    return bool(_NUMBER.fullmatch(plain)) and Decimal(plain) < 0


def basis_points(name: str, value: str) -> int | None:
    """Percent as basis points (`12.345` -> 1235, half up); None for a blank. Ahead or behind by any amount is data."""
    plain = (
        unicodedata.normalize("NFKC", text(name, value, 60))
        .strip()
        .removesuffix("%")
        .replace(",", "")
        .strip()
    )
    if plain in BLANKS:
        return None
    if not _NUMBER.fullmatch(plain) or abs(Decimal(plain)) > 1000:
        raise BadRow(name, f"「{name}」{value} 不是百分比，請填 0 到 100 之間的數字。")
    return int((Decimal(plain) * 100).quantize(Decimal(1), rounding="ROUND_HALF_UP"))


def month(year: str, number: str) -> date:
    """The first day of a ROC year and month."""
    name = "進度資料的年月"
    try:
        return date(int(text(name, year, 10)) + OFFSET, int(text(name, number, 10)), 1)
    except (ValueError, OverflowError):
        raise BadRow(name, f"民國「{year}」年「{number}」月不是年月，請查對。") from None


def without_identity(value: str) -> str:
    """The text without identity numbers, which nobody here needs."""
    return _IDENTITY.sub("", value).strip()


def coordinates(x: str, y: str, district: str, place: str) -> dict[str, Any] | None:
    """TWD97 TM2 and WGS84 of a point, {} for a blank one, None for what is no point of Taiwan."""
    plain = [unicodedata.normalize("NFKC", part).replace(",", "").strip() for part in (x, y)]
    if all(part in BLANKS or part == "0" for part in plain):
        return {}
    if not all(_NUMBER.fullmatch(part) for part in plain):
        return None
    east, north = (float(part) for part in plain)
    if not (50_000 <= east <= 450_000 and 1_100_000 <= north <= 3_000_000):
        return None
    lon, lat = _transformer(zone(district, place)).transform(east, north)
    return {"twd97_x": east, "twd97_y": north, "lat": round(lat, 7), "lon": round(lon, 7)}


def zone(district: str, place: str) -> int:
    """The EPSG number: 3825 for Penghu, Kinmen and Matsu, else 3826. A 馬祖路 elsewhere does not count."""
    return 3825 if _OUTER_ISLANDS.search((district or place).strip()) else 3826


@cache
def _transformer(epsg: int) -> Transformer:
    return Transformer.from_crs(epsg, 4326, always_xy=True)
