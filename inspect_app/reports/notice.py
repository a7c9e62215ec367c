"""The written notice (查核通知函) as a document: shown on site with the ID (作業辦法 art 5)."""

from __future__ import annotations

from collections.abc import Iterable

from inspect_app.domain.roc import format_date, format_time, local_date
from inspect_app.reports.model import Block, Document, Facts, Heading, Items, Paragraph, Table
from inspect_app.scheduling.notice import Notice


def notice_document(notice: Notice, *, demo: bool) -> Document:
    """A letter in the government's name; date and seal are put on by the city's document system."""
    blocks: list[Block] = [
        Facts([
            ("受文者", notice.agency), ("發文日期", "民國　　年　　月　　日"), ("發文字號", notice.number or "—"),
            ("承辦人", f"{notice.officer} {notice.officer_phone}".strip() or "—"),
        ]),
        Paragraph(_subject(notice)),
        Paragraph("說明："),
        Items(list(_points(notice))),
        Heading("小組成員", 2),
        Table(["姓名", "職責", "身分"], [[name, role, side or "—"] for name, role, side in notice.team], [4, 4, 3]),
        Paragraph(f"正本：{notice.agency}"),
        Paragraph(f"召集人　{notice.convener}" if notice.convener else "召集人"),
    ]  # fmt: skip
    return Document(
        f"{notice.government}　函", "工程施工查核通知", blocks, f"查核通知函 {notice.number}".strip(), demo
    )


def _subject(notice: Notice) -> str:
    when = f"{format_date(local_date(notice.planned_at))}{format_time(notice.planned_at)}"
    how = "" if notice.announced else "（不事先通知）"
    return f"主旨：本府工程施工查核小組於{when}{how}{notice.kind}貴機關「{notice.tender_name}」，請查照並配合辦理。"


def _points(notice: Notice) -> Iterable[str]:
    yield "依據政府採購法第70條、工程施工查核小組作業辦法第5條辦理。"
    yield f"標案：{notice.tender_name}（編號 {notice.tender_number}），地點：{notice.place or '如契約'}。"
    yield f"承攬廠商：{notice.contractor or '—'}；監造單位：{notice.supervision or '—'}。"
    yield f"請到場人員：{'、'.join(notice.attendants)}。"
    if notice.topic:
        yield f"查核重點：{notice.topic}。"
    if notice.text:
        yield notice.text
