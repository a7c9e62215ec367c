"""One inspection is an append-only log of operations; what people see is a pure fold of that log.

The contract is docs/sync-protocol.md; the TypeScript twin is held to the same tests/vectors/fold.json.
"""

from .clock import hlc_of, stamp
from .deciding import Withdrawn, undecided, withdrawn
from .folding import fold
from .identity import as_dict, content_hash, digest, digest_of, entity_uuid, inside
from .model import OnBehalf, Operation, OperationLike, Stamped, Team
from .state import Entity, FieldValue, HistoryLine, Other, State
from .validation import validate
from .versions import present

__all__ = [
    "Entity",
    "FieldValue",
    "HistoryLine",
    "OnBehalf",
    "Operation",
    "OperationLike",
    "Other",
    "Stamped",
    "State",
    "Team",
    "Withdrawn",
    "as_dict",
    "content_hash",
    "digest",
    "digest_of",
    "entity_uuid",
    "fold",
    "hlc_of",
    "inside",
    "present",
    "stamp",
    "undecided",
    "validate",
    "withdrawn",
]
