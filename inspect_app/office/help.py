"""說明: the words of the field, the keyboard, and what to do when something goes wrong."""

from __future__ import annotations

from flask import render_template

from inspect_app import clock
from inspect_app.accounts.guards import requires
from inspect_app.accounts.permissions import Permission
from inspect_app.catalogue import queries as catalogue
from inspect_app.office.blueprint import blueprint

GRADES = "分數與等第"
WORDS: tuple[tuple[str, str], ...] = (
    ("查核", "中央或地方政府的工程施工查核小組依採購法第 70 條辦理的抽查，是三級品管的第三級。"),
    ("督導", "主辦機關自己辦的工地督導，屬第二級，和查核不同。"),
    ("不預先通知查核", "到場當天才讓機關知道的查核。到場前，時間、地點和對象都不能透露。"),
    (
        "缺失編號",
        "缺失扣點表的編號。4 開頭是品質管理制度，5 是施工品質，6 是施工進度，7 是規劃設計，8 是其他建議。",
    ),
    ("輕微 L、中等 M、嚴重 S", "缺失的情節，由全體委員在記點會議上決定。"),
    ("扣點", "依缺失對承攬、監造或專案管理廠商記的點數；每點換算成懲罰性違約金。扣點和分數各自獨立。"),
    (GRADES, "全體委員評分的平均，四捨五入到整數。"),
    ("改善期限", "領隊在現場定的日期。要展延，須在期限前取得查核小組同意。"),
    ("退回補正", "改善結果有缺漏，退給機關補齊後再送。"),
    ("同意備查", "查核小組同意改善結果，案件結案。"),
    ("代登", "工作人員依委員簽名的紙本替委員輸入，須由委員確認。"),
    ("列管中／解除列管", "會報主席裁示的追蹤狀態，主席同意後才解除。"),
)
KEYS: tuple[tuple[str, str], ...] = (
    ("Tab", "移到下一個欄位或按鈕"),
    ("↑ ↓", "在表格的各列之間移動"),
    ("Enter", "開啟所在的那一列"),
    ("/", "移到篩選的第一個欄位"),
    ("Ctrl + P", "列印目前的頁面（自動改成適合列印的版面）"),
)


@blueprint.get("/help")
@requires(Permission.SIGNED_IN)
def help_page() -> str:
    words = [(word, text + _grades() if word == GRADES else text) for word, text in WORDS]
    return render_template("office/help.html", words=words, keys=KEYS)


def _grades() -> str:
    """The grades as they are in force today: a city may set where each begins."""
    *upper, lowest = catalogue.rules_on(clock.today()).value("grades")
    said = [f"{band['from']} 分以上{band['grade']}" for band in upper]
    return "，".join([*said, f"未滿 {upper[-1]['from']} 分{lowest['grade']}"]) + "。"
