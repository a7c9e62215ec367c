"""Files as agencies hold them, built for tests: the tender system's XML, the list of 24 columns."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO
from typing import Any
from xml.sax.saxutils import escape, quoteattr

HEADER = (
    "執行機關", "編號", "標案名稱", "決標金額", "變更設計後契約金額", "設計單位", "監造單位", "得標廠商", "縣市鄉鎮", "X座標",
    "Y座標", "詳細地點", "工程概要", "實際開工日期", "原合約預定完工日", "變更後預定完工日", "預定進度%", "實際進度%", "狀態",
    "已估驗計價金額", "聯絡人", "聯絡電話", "聯絡Email", "歸屬計畫",
)  # fmt: skip
SAMPLE_ROW = {
    "執行機關": "工務局新建工程處", "編號": "C1100109", "標案名稱": "示範路拓寬工程", "決標金額": "12,345.678",
    "變更設計後契約金額": "13000",
    "設計單位": "甲設計顧問有限公司", "監造單位": "乙監造顧問有限公司", "得標廠商": "丙營造股份有限公司", "縣市鄉鎮": "高雄市鳳山區",
    "X座標": "182000", "Y座標": "2502000", "詳細地點": "示範路一段", "工程概要": "拓寬道路 500 公尺", "實際開工日期": "110.03.10",
    "原合約預定完工日": "1110310", "變更後預定完工日": "111/6/10", "預定進度%": "55.5", "實際進度%": "45.25", "狀態": "施工中",
    "已估驗計價金額": "5000", "聯絡人": "王示範", "聯絡電話": "07-0000000", "聯絡Email": "a@example.test", "歸屬計畫": "基本設施補助",
}  # fmt: skip


def row(**changes: Any) -> dict[str, Any]:
    return {**SAMPLE_ROW, **changes}


def csv_file(
    rows: Sequence[dict[str, Any]],
    encoding: str = "utf-8-sig",
    header: Sequence[str] = HEADER,
    delimiter: str = ",",
) -> bytes:
    out = StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(header)
    writer.writerows([[line.get(name, "") for name in header] for line in rows])
    return out.getvalue().encode(encoding)


def xlsx_file(rows: Sequence[dict[str, Any]], header: Sequence[str] = HEADER, title: str = "") -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    if title:
        sheet.append([title])
    sheet.append(list(header))
    for line in rows:
        sheet.append([line.get(name) for name in header])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


TENDER_XML = """<標案 編號={number} 執行機關代碼={code}>
  <基本資料>
    <執行機關>{agency}</執行機關> <標案名稱>{name}</標案名稱> <專案項目>基本設施補助</專案項目> <工程類別>道路</工程類別>
    <縣市鄉鎮>高雄市鳳山區</縣市鄉鎮> <座標>197512.3,2529876.4</座標> <施工地點/> <計畫主辦機關/> <計畫編號/>
    <主管機關/> <主辦機關>工務局</主辦機關> <經費來源機關/> <聯絡人員><姓名>王示範</姓名><電話/><電子郵件信箱/></聯絡人員>
    <工程概要/> <工期類別>日曆天</工期類別> <總天數>300</總天數> <工程總預算>70000</工程總預算> <發包預算>{budget}</發包預算>
    <規劃><單位名稱/></規劃> <設計><單位名稱>甲設計顧問有限公司</單位名稱><費用>1,200</費用></設計>
    <監造><單位名稱>乙監造顧問有限公司</單位名稱><費用/></監造> <承攬><廠商名稱>丙營造股份有限公司</廠商名稱><廠商名稱2/></承攬>
    <預定決標日期/> <實際決標日期>{awarded}</實際決標日期> <決標方式/> <預估底價>62000</預估底價> <決標金額>58000.5</決標金額> <合約編號/>
    <預定開工日期/> <實際開工日期>110.03.10</實際開工日期> <預定完工日期>1110310</預定完工日期> <預定竣工決算日期/>
    <品管費用/> <品質計畫書核定日期>1100401</品質計畫書核定日期> <品質計畫書核定文號/> <監造計畫書核定日期/> <監造計畫書核定文號/>
  </基本資料>
  <廠商聘用品管人員><人員 姓名="林品管"><證照號碼>A123456789</證照號碼><專長>土木</專長><身分證字號>A123456789</身分證字號>
    <銀行帳號>0123</銀行帳號><進駐工地日期>1100310</進駐工地日期><解職日期/><目前狀況>在職</目前狀況></人員></廠商聘用品管人員>
  <專任工程人員><員 姓名="陳技師"><證照種類>土木技師</證照種類><證照號碼>技證字第 1 號</證照號碼></員></專任工程人員>
  <工地相關人員><人員 姓名=""><職務類別/><證照號碼/></人員></工地相關人員>
  <變更設計資料><第一次變更 日期="1101201"><核准文號>工字第1號</核准文號><變更前金額>58000.5</變更前金額><變更後金額>60000</變更後金額>
    <變更前竣工日>1110310</變更前竣工日><變更後竣工日>1110610</變更後竣工日><準延天數>92</準延天數></第一次變更></變更設計資料>
  <進度資料><年 民國年="110"><月 日曆月="7"><總累計預定進度>40</總累計預定進度><總累計實際進度>38.5</總累計實際進度></月>
    <月 日曆月="8"><總累計預定進度>50.25</總累計預定進度><總累計實際進度>{actual}</總累計實際進度>
    <總累計預定完成金額>29000</總累計預定完成金額>
    <總累計實際完成金額/><總累計估驗計價金額>20000</總累計估驗計價金額><執行狀態>施工中</執行狀態><實際執行摘要/></月></年></進度資料>
  <落後資料><年 民國年="110"><月 日曆月="8"><落後因素>用地</落後因素><原因分析>{cause}</原因分析>
    <解決辦法>加派人力</解決辦法></月></年></落後資料>
</標案>"""
DEFAULTS = {
    "number": "C1100109", "code": "379000000A", "agency": "工務局新建工程處", "name": "示範路拓寬工程",
    "budget": "65,000", "awarded": "1100301",
    "actual": "38", "cause": "管線未遷",
}  # fmt: skip


def tender_xml(**changes: str) -> str:
    values = {**DEFAULTS, **changes}
    quoted = {name: quoteattr(values.pop(name)) for name in ("number", "code")}
    return TENDER_XML.format(**quoted, **{name: escape(value) for name, value in values.items()})


def xml_file(*tenders: str, root: str = "標案資料", encoding: str = "utf-8") -> bytes:
    body = "\n".join(tenders)
    return f'<?xml version="1.0" encoding="{encoding}"?>\n<{root}>\n{body}\n</{root}>'.encode(encoding)
