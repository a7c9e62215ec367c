"""Rendering a document as ODT, the government's editable format."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from odfdo import Cell, Element, Frame, Header, Row, Style
from odfdo import Document as Odt
from odfdo import Paragraph as OdtParagraph
from odfdo import Table as OdtTable
from PIL import Image

from inspect_app.domain.heads import grouped
from inspect_app.reports.characters import clean
from inspect_app.reports.model import (
    Block,
    Document,
    Facts,
    Heading,
    Items,
    Paragraph,
    Picture,
    Pictures,
    Seal,
    Signatures,
    Table,
)
from inspect_app.reports.strokes import svg

WIDTH_CM = 17.0
FONTS = "'Noto Sans TC', 'Microsoft JhengHei', 'PingFang TC', sans-serif"
BOX = {"fo:border": "0.5pt solid #a0a0a0", "fo:padding": "0.1cm"}
PAGE = {
    "fo:page-width": "21cm", "fo:page-height": "29.7cm", "fo:margin-top": "2cm", "fo:margin-bottom": "1.5cm",
    "fo:margin-left": "2cm", "fo:margin-right": "2cm",
}  # fmt: skip


def render(document: Document) -> bytes:
    """The document as ODT; pictures are embedded."""
    odt = Odt("text")
    odt.body.clear()
    odt.meta.title, odt.meta.language = clean(document.title), document.language
    writer = _Writer(odt)
    writer.styles()
    writer.page(document)
    writer.text(document.title, "Title")
    for line in (document.subtitle, "示範資料，不具效力" if document.demo else ""):
        if line:
            writer.text(line, "Center")
    for block in document.blocks:
        writer.block(block)
    buffer = BytesIO()
    odt.save(buffer)
    return buffer.getvalue()


class _Writer:
    """Appends blocks to one ODT; numbers its tables and pictures."""

    def __init__(self, odt: Odt) -> None:
        self.odt, self.count = odt, 0

    def styles(self) -> None:
        """The few styles that the model needs; fonts name the usual Chinese faces."""
        for name, size, extra in (
            ("Title", "17pt", {"align": "center"}),
            ("Center", "11pt", {"align": "center"}),
            ("Body", "10.5pt", {}),
            ("Small", "8.5pt", {}),
            ("Right", "10.5pt", {"align": "end"}),
            ("Foot", "8.5pt", {"align": "center"}),
        ):
            self.odt.insert_style(_paragraph_style(name, size, extra.get("align", "")))
        for level, size in ((1, "13pt"), (2, "11pt")):
            self.odt.insert_style(_heading_style(level, size))
        for name, extra in (("Boxed", {}), ("Head", {"fo:background-color": "#f2f2f2"})):
            cell = Style("table-cell", name=name)
            cell.set_properties(BOX | extra, area="table-cell")
            self.odt.insert_style(cell, automatic=True)
        row = Style("table-row", name="Whole")
        row.set_properties({"fo:keep-together": "always"}, area="table-row")
        self.odt.insert_style(row, automatic=True)

    def page(self, document: Document) -> None:
        """A4 with the number and the page in the foot; headings without the template's own numbers."""
        styles: Any = self.odt.get_part("styles.xml")
        for outline in styles.get_elements("//text:outline-style"):
            outline.delete()
        layout: Any = self.odt.get_styles("page-layout")[0]
        layout.set_properties(PAGE, area="page-layout")
        master: Any = self.odt.get_styles("master-page")[0]
        foot = Element.from_tag("<style:footer/>")
        line = OdtParagraph(f"{clean(document.number)}　第 ", style="Foot")
        line.append(Element.from_tag('<text:page-number text:select-page="current">1</text:page-number>'))
        line.append(" 頁，共 ")
        line.append(Element.from_tag("<text:page-count>1</text:page-count>"))
        line.append(" 頁")
        foot.append(line)
        for old in master.get_elements("style:footer"):
            old.delete()
        master.append(foot)

    def text(self, text: str, style: str = "Body") -> None:
        for line in clean(text).split("\n"):
            self.odt.body.append(OdtParagraph(line, style=style))

    def block(self, block: Block) -> None:
        match block:
            case Heading():
                self.heading(block)
            case Paragraph():
                self.text(block.text, "Small" if block.small else "Body")
            case Facts():
                self.facts(block)
            case Table():
                self.table(block)
            case Items():
                self.items(block)
            case Pictures():
                self.pictures(block)
            case Signatures():
                self.signatures(block)
            case Seal():
                self.seal(block)

    def seal(self, block: Seal) -> None:
        lines = [part for line in block.lines for part in _paragraphs(line, "Small")]
        self._grid([[[self._image(block.qr, "png", 3.6, "稽核紀錄首的 QR 碼")], lines]], [4, 13])

    def heading(self, block: Heading) -> None:
        header = Header(block.level, clean(block.text))
        header.set_attribute("text:style-name", f"Heading_20_{block.level}")
        self.odt.body.append(header)

    def items(self, block: Items) -> None:
        for number, line in enumerate(block.lines, start=1):
            self.text(f"{number}. {line}")
        if not block.lines:
            self.text(block.empty)

    def facts(self, block: Facts) -> None:
        pairs = [*block.pairs, ("", "")] if len(block.pairs) % 2 else list(block.pairs)
        rows = [[*pairs[n], *pairs[n + 1]] for n in range(0, len(pairs), 2)]
        self._grid([[_paragraphs(text) for text in row] for row in rows], [26, 50, 26, 50], labels=(0, 2))

    def table(self, block: Table) -> None:
        if not block.rows:
            self.text(block.empty)
            return
        cells = [[_paragraphs(name) for name in block.columns]]
        cells += [_cells(row, block.right) for row in block.rows]
        self._grid(cells, list(block.widths), header=True)

    def _grid(
        self,
        rows: list[list[list[Element]]],
        widths: list[int],
        *,
        header: bool = False,
        labels: tuple[int, ...] = (),
    ) -> None:
        """`header`: the first row is repeated on every page; `labels`: columns that hold labels."""
        self.count += 1
        table = OdtTable(f"Table{self.count}")
        for width in widths:
            table.append(self._column(width / sum(widths) * WIDTH_CM))
        for number, cells in enumerate(rows):
            row = Row(style="Whole")
            for column, content in enumerate(cells):
                is_label = column in labels or (header and number == 0)
                row.append_cell(_cell(content, "Head" if is_label else "Boxed"))
            table.append(_header_row(row) if header and number == 0 else row)
        self.odt.body.append(table)
        self.text("")

    def _column(self, width_cm: float) -> Element:
        name = f"Width{round(width_cm * 100)}"
        style = Style("table-column", name=name)
        style.set_properties({"style:column-width": f"{width_cm:.2f}cm"}, area="table-column")
        self.odt.insert_style(style, automatic=True)
        return Element.from_tag(f'<table:table-column table:style-name="{name}"/>')

    def pictures(self, block: Pictures) -> None:
        cells = [self._picture(one) for one in block.pictures]
        if len(cells) % 2:
            cells.append(_paragraphs(""))
        if cells:
            self._grid([cells[n : n + 2] for n in range(0, len(cells), 2)], [1, 1])

    def _picture(self, one: Picture) -> list[Element]:
        shown = (
            self._image(one.data, "jpg", 8.0, one.caption)
            if one.data
            else OdtParagraph("此檔案無法顯示，原件另存")
        )
        return [
            shown,
            *_paragraphs(one.caption),
            OdtParagraph(f"SHA-256 {grouped(one.sha256)}", style="Small"),
        ]

    def _image(self, data: bytes, ending: str, width_cm: float, alt: str) -> Element:
        self.count += 1
        path = f"Pictures/{self.count}.{ending}"
        self.odt.set_part(path, data)
        self.odt.manifest.add_full_path(
            path, {"jpg": "image/jpeg", "png": "image/png", "svg": "image/svg+xml"}[ending]
        )
        height = width_cm * _ratio(data, ending)
        frame = Frame.image_frame(path, size=(f"{width_cm:.2f}cm", f"{height:.2f}cm"), anchor_type="as-char")
        frame.svg_title = clean(alt) or "查核相片"
        paragraph = OdtParagraph("")
        paragraph.append(frame)
        return paragraph

    def signatures(self, block: Signatures) -> None:
        rows: list[list[list[Element]]] = [[_paragraphs("身分"), _paragraphs("姓名"), _paragraphs("簽名")]]
        rows += [
            [_paragraphs(one.role), _paragraphs(one.name), self._signature(one)] for one in block.signers
        ]
        self._grid(rows, [3, 3, 4], header=True)

    def _signature(self, one: Any) -> list[Element]:
        data, ending = (svg(one.strokes), "svg") if one.strokes else (one.picture, "jpg")
        shown: list[Element] = (
            [self._image(data, ending, 4.0, f"{one.name}的簽名")] if data else [OdtParagraph("")]
        )
        return [*shown, OdtParagraph(one.signed_at, style="Small")]


def _text_of(size: str) -> dict[str, str]:
    faces = {"fo:font-family": FONTS, "style:font-family-asian": FONTS}
    return {"fo:font-size": size, "style:font-size-asian": size} | faces


def _paragraph_style(name: str, size: str, align: str) -> Style:
    style = Style("paragraph", name=name)
    style.set_properties(_text_of(size), area="text")
    if align:
        style.set_properties({"fo:text-align": align}, area="paragraph")
    return style


def _heading_style(level: int, size: str) -> Style:
    style = Style("paragraph", name=f"Heading_20_{level}", display_name=f"Heading {level}")
    plain = {"fo:font-style": "normal", "style:font-style-asian": "normal"}
    bold = {"fo:font-weight": "bold", "style:font-weight-asian": "bold"}
    style.set_properties(_text_of(size) | plain | bold, area="text")
    room = {"fo:margin-top": "0.5cm", "fo:margin-bottom": "0.2cm", "fo:keep-with-next": "always"}
    style.set_properties(room, area="paragraph")
    return style


def _cells(row: Sequence[str], right: frozenset[int]) -> list[list[Element]]:
    return [_paragraphs(text, "Right" if n in right else "Body") for n, text in enumerate(row)]


def _ratio(data: bytes, ending: str) -> float:
    if ending == "svg":
        return 0.4
    with Image.open(BytesIO(data)) as image:
        return image.height / image.width


def _paragraphs(text: str, style: str = "Body") -> list[Element]:
    return [OdtParagraph(line, style=style) for line in clean(text).split("\n")]


def _cell(content: list[Element], style: str) -> Cell:
    cell = Cell(style=style)
    for element in content:
        cell.append(element)
    return cell


def _header_row(row: Row) -> Element:
    group = Element.from_tag("<table:table-header-rows/>")
    group.append(row)
    return group
