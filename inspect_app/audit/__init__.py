"""The append-only audit log: who did what, who saw what. `record` is called inside the business transaction."""

from inspect_app.audit.services import Act, record, record_all

__all__ = ["Act", "record", "record_all"]
