"""The append-only audit log: who did what, who saw what. `record` is called inside the business transaction."""

from inspect_app.audit.services import LINES, Act, lines_of, record, record_all

__all__ = ["LINES", "Act", "lines_of", "record", "record_all"]
