"""What a file really is, by its content, and its text in whatever encoding agencies still use."""

from __future__ import annotations

import codecs
import re
import zipfile
import zlib
from enum import StrEnum
from io import BytesIO
from pathlib import Path

from inspect_app.errors import Problem

MAX_BYTES = 64 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
MAX_RATIO = 200
MAX_ENTRIES = 2000
WHOLE = 8 * 1024 * 1024
MOST_TAGS = {
    "xl/styles.xml": 150_000,
    "xl/sharedStrings.xml": 4_000_000,
}  # Excel stops at 65,490 formats; 4 tags are a text
GAPS = 100  # at most one letter in so many may be unreadable, or the encoding is another one

_DECLARED = re.compile(r"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*\?>""")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_KNOWN = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "utf-8", "ascii": "utf-8", "big5": "cp950", "cp950": "cp950", "ms950": "cp950",
    "x-windows-950": "cp950", "big5-hkscs": "big5hkscs",
}  # fmt: skip


class FileKind(StrEnum):
    """The kinds that are read."""

    XML = "xml"
    XLSX = "xlsx"
    JSON = "json"
    CSV = "csv"


def file_bytes(path: Path) -> bytes:
    """The bytes of a file on disk; one that is too large is not read at all."""
    if path.stat().st_size > MAX_BYTES:
        raise _too_large()
    return path.read_bytes()


def _too_large() -> Problem:
    return Problem("too_large", f"檔案超過 {MAX_BYTES // 1024 // 1024} MB，請分成幾個檔案。", field="file")


def kind_of(content: bytes) -> FileKind:
    """The kind by content, never by name. `bad_file`, `too_large` or `unsupported_type` say what to do instead."""
    if not content:
        raise Problem("bad_file", "檔案是空的（0 位元組），請重新下載或另存後再試。", field="file")
    if len(content) > MAX_BYTES:
        raise _too_large()
    if content.startswith(b"PK\x03\x04"):
        check_archive(content)
        return FileKind.XLSX
    return _text_kind(content)


def _text_kind(content: bytes) -> FileKind:
    _refuse_foreign(content)
    start = text_of(content[:2048] if _mark(content) != "utf-16" else content[:4096], cut=True).lstrip(
        "\ufeff \t\r\n"
    )
    if start[:1] in "{[" and start:
        return FileKind.JSON
    if re.match(r"<!doctype html|<html|<table|<meta", start, re.IGNORECASE):
        raise Problem(
            "unsupported_type",
            "這是網頁存成的檔案，不是試算表。請用 Excel 開啟後另存成 .xlsx 或 CSV。",
            field="file",
        )
    return FileKind.XML if start.startswith("<") else FileKind.CSV


def _refuse_foreign(content: bytes) -> None:
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Problem(
            "unsupported_type", "這是舊版 Excel（.xls）或加密的檔案，請另存成 .xlsx 後再匯入。", field="file"
        )
    for magic, name in ((b"%PDF", "PDF"), (b"\xff\xd8\xff", "照片"), (b"\x89PNG", "圖片"), (b"GIF8", "圖片")):
        if content.startswith(magic):
            raise Problem("unsupported_type", f"這是{name}，請選 XML、XLSX 或 CSV 檔。", field="file")


def check_archive(content: bytes) -> None:
    """Refuse what is no XLSX and what unpacks out of all proportion, before anything is unpacked."""
    try:
        archive = zipfile.ZipFile(BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Problem("bad_file", "檔案損壞或沒有下載完整，請重新下載後再試。", field="file") from None
    entries = archive.infolist()
    if not any(entry.filename == "xl/workbook.xml" for entry in entries):
        raise Problem(
            "unsupported_type", "這是壓縮檔，不是 Excel 活頁簿（.xlsx）。請先解壓縮。", field="file"
        )
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or _bombs(entries) or _too_many_parts(archive):
        raise Problem(
            "too_large", "活頁簿解開後太大，請只留下需要的工作表，或另存成 CSV 分批匯入。", field="file"
        )


def _bombs(entries: list[zipfile.ZipInfo]) -> bool:
    """Rows and strings are read piece by piece and may be large; everything else is read whole."""
    big = [entry for entry in entries if entry.file_size > WHOLE]
    streamed = ("xl/worksheets/", "xl/sharedStrings", "xl/media/")
    return any(
        entry.file_size > MAX_RATIO * max(1, entry.compress_size) or not entry.filename.startswith(streamed)
        for entry in big
    )


def _too_many_parts(archive: zipfile.ZipFile) -> bool:
    """Whether a few kilobytes of formats or texts would become millions of objects."""
    return any(_tags(archive, name, most) > most for name, most in MOST_TAGS.items())


def _tags(archive: zipfile.ZipFile, name: str, most: int) -> int:
    """How many tags an entry has, counted until there are too many; 0 where it is missing or damaged, which reading tells."""
    found = 0
    try:
        with archive.open(name) as entry:
            while found <= most and (piece := entry.read(1024 * 1024)):
                found += piece.count(b"<")
    except (KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError):
        return 0
    return found


def _mark(content: bytes) -> str:
    return next((codec for mark, codec in _MARKS if content.startswith(mark)), "")


def text_of(content: bytes, *, cut: bool = False) -> str:
    """The text by its byte-order mark, else as an XML declaration says, else UTF-8, else Big5 (cp950).

    A few letters that no table knows (a name's own 自造字 in Big5, a broken byte) become U+FFFD, so that their cells are told and
    the other rows go in. `cut`: the content is only the beginning of a file. `bad_file` when nothing fits.
    """
    declared = _DECLARED.match(content[:200].decode("latin-1"))
    named = _KNOWN.get(declared[1].lower(), "") if declared else ""
    codecs = [codec for codec in (_mark(content), named, "utf-8", "cp950") if codec]
    for codec in codecs:
        try:
            return _decode(content, codec, cut)
        except UnicodeDecodeError:
            continue
    return _with_gaps(content, codecs)


def _with_gaps(content: bytes, codecs: list[str]) -> str:
    texts = [content.decode(codec, "replace") for codec in codecs]
    best = min(texts, key=lambda text: text.count("\ufffd"))
    if best.count("\ufffd") <= max(2, len(best) // GAPS):
        return best
    raise Problem("bad_file", "檔案的文字編碼認不得，請存成 UTF-8 或 Big5 的 CSV，或 XLSX。", field="file")


def _decode(content: bytes, codec: str, cut: bool) -> str:
    """A file that breaks off inside a character ends in U+FFFD, so that its last cell is seen to be broken."""
    decoder = codecs.getincrementaldecoder(codec)()
    text = decoder.decode(content)
    return text + "\ufffd" if decoder.getstate()[0] and not cut else text
