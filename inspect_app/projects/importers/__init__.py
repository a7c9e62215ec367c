"""Reading tenders from the formats that agencies hold: tender-system XML and the spreadsheet list (XLSX, CSV)."""

from __future__ import annotations

from inspect_app.intake import FileKind, kind_of
from inspect_app.projects.importers.listing import read_listing
from inspect_app.projects.importers.records import Parsed
from inspect_app.projects.importers.tender_xml import read_xml


def read_tenders(content: bytes) -> Parsed:
    """The tenders of a file, whatever its kind. `bad_file` and its like when nothing can be read."""
    return read_xml(content) if kind_of(content) is FileKind.XML else read_listing(content)
