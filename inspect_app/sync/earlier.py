"""After a restore a device shows the receipts that it held before: what it sent again keeps the moment at which it first came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert

from inspect_app import audit
from inspect_app.accounts.actor import Actor
from inspect_app.errors import Problem
from inspect_app.inspections import heads
from inspect_app.installation.keys import signed_by
from inspect_app.sync.keys import receipt_public_key
from inspect_app.sync.models import FirstReceipt
from inspect_app.sync.receipts import Logged, digest_over, logged_of, receipt, refuse_others
from inspect_app.transaction import transaction


def stand(actor: Actor, inspection_id: str, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Enter the moments of an old receipt of ours, where they are earlier than what the log says; answers today's receipt.

    Raises `not_found`, `bad_value` (not signed here, or about something else), `wrong_state` (the log has not yet, or no
    longer, exactly what the receipt covers).
    """
    device_id = shown.get("device")
    if not _ours(shown) or shown.get("inspection") != inspection_id or not isinstance(device_id, str):
        raise Problem("bad_value", "這不是這個伺服器為這次查核簽的收據。", field="receipt")
    refuse_others(actor, inspection_id, device_id)
    with transaction() as session:
        heads.hold([inspection_id])  # of two that show it at once the second finds the moments entered
        rows = _earlier(_covered(inspection_id, device_id, shown["operations"]), shown["operations"])
        if rows:
            known = [row["operation_id"] for row in rows]  # by a later receipt
            session.execute(delete(FirstReceipt).where(FirstReceipt.operation_id.in_(known)))
            session.execute(insert(FirstReceipt), rows)
            facts = {"device": device_id, "count": len(rows), "issued_at": shown["issued_at"]}
            audit.record(actor, "sync.receipt_shown", f"inspection:{inspection_id}", **facts)
    return receipt(actor, inspection_id, device_id)


def _covered(inspection_id: str, device_id: str, told: Mapping[str, Any]) -> list[Logged]:
    """What the receipt speaks of, as it stands in the log today."""
    found = [one for one in logged_of(inspection_id, device_id) if one.seq <= told["through"]]
    if (len(found), digest_over(device_id, found)) != (told["count"], told["digest"]):
        raise Problem("wrong_state", "伺服器上的紀錄和這張收據不同。")
    return found


def _ours(shown: Mapping[str, Any]) -> bool:
    content = {name: value for name, value in shown.items() if name != "signature"}
    try:
        return signed_by(receipt_public_key(), content, str(shown.get("signature")))
    except RecursionError:
        return False


def _earlier(covered: Sequence[Logged], told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of those that came before the moment that the log gives."""
    runs: Sequence[Mapping[str, Any]] = told.get("received", ())  # an older server did not say
    moments = (
        (one, next((run["at"] for run in runs if one.seq <= run["through"]), one.received)) for one in covered
    )
    return [
        {"operation_id": one.id, "received_at": datetime.fromisoformat(at)}
        for one, at in moments
        if at < one.received
    ]
