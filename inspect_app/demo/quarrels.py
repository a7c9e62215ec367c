"""What several people without a network do to one inspection: they write differently, and something comes late."""

from __future__ import annotations

from collections.abc import Sequence

from inspect_app.demo.pen import Member, SiteLog

THERE, ELSEWHERE = "2F 樓版，梯間旁", "3F 樓版，梯間旁"


def disagree(log: SiteLog, leader: Member, member: Member, findings: Sequence[str]) -> None:
    """Two offline at once: about one finding's place nobody has decided, about another's the leader has."""
    for entity, decided in zip(findings, (False, True), strict=False):
        noted = next(operation.id for operation in log.operations if operation.entity_id == entity)
        theirs = log.write(member.account, member.device, "finding", entity, location=THERE, over=[noted])
        own = log.write(leader.account, leader.device, "finding", entity, location=ELSEWHERE, over=[noted])
        if decided:
            log.write(leader.account, leader.device, "finding", entity, location=THERE, over=[own, theirs])


def come_late(log: SiteLog, leader: Member, member: Member) -> None:
    """A member's tablet found its network after the closing: one thing waits, one the leader let in."""
    advice = {"kind": "advice", "code": "8.01", "text": "建議於施工便道增設警示燈。"}
    log.write(member.account, member.device, "finding", log.new_entity(), **advice)
    merit = {"code": "0.03", "text": "材料進場後均加蓋防水布並墊高堆置。"}
    late = log.write(member.account, member.device, "merit", log.new_entity(), **merit)
    decision = {"operation": late, "decision": "accept", "reason": "現場確有此優點，平板當時沒有訊號。"}
    log.write(leader.account, leader.device, "late_decision", log.own(f"late_decision:{late}"), **decision)
