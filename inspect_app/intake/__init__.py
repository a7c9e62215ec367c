"""Taking in the files that people send: what kind they are, tables as text, results with errors by row."""

from inspect_app.intake.files import FileKind, file_bytes, kind_of, text_of
from inspect_app.intake.results import ImportResult, Rejection
from inspect_app.intake.tables import Line, Table, Unreadable, read_table

__all__ = [
    "FileKind",
    "ImportResult",
    "Line",
    "Rejection",
    "Table",
    "Unreadable",
    "file_bytes",
    "kind_of",
    "read_table",
    "text_of",
]
