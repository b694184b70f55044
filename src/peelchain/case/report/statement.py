"""The statement that a witness edits: the report's findings as DOCX, with places to fill in."""

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from peelchain.case.archive import unzipped, zipped
from peelchain.case.report.blocks import Block
from peelchain.case.report.catalogue import Texts
from peelchain.case.report.certainty import alternatives, every_rule, null_controls
from peelchain.case.report.findings import figures, findings, traces
from peelchain.case.report.inert import printable
from peelchain.case.report.method import limits, method
from peelchain.case.report.opening import summary_page
from peelchain.case.report.payers import payers
from peelchain.case.report.reading import Report, Row, subject_of, texts_of
from peelchain.case.report.record import NOTHING, Record, exhibits, hypotheses
from peelchain.case.report.typeset import picture

_BREAK = "\u200b"
_MONO = "DejaVu Sans Mono"
_FIRST = ("[Content_Types].xml",)
_POINTS, _SMALL = 10, 8
_WIDE_CM, _TURNED_CM = 16.0, 24.0


def statement_docx(report: Report, case: Row, *, digest: str, record: Record = NOTHING) -> bytes:
    """The statement as DOCX: the same input, the same bytes. Figures are PNG.

    It has the report's summary, findings, figures and tables, without its annexes; what the witness
    has to say stands in square brackets. The core properties carry the case's date.
    """
    from docx import Document
    from docx.shared import Cm, Pt

    texts = texts_of(report)
    made = Document()
    style = made.styles["Normal"]
    style.font.name, style.font.size = "Liberation Serif", Pt(_POINTS + 1)
    _set_language(style, texts.say("statement.language"))
    for section in made.sections:
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.5)
    title = texts.say("statement.title", title=printable(report["title"], 120))
    _set_properties(made.core_properties, title, texts, str(case["date_utc"]))
    made.add_heading(title, 0)
    made.add_paragraph(texts.say("statement.note")).runs[0].italic = True
    for key in ("name", "office", "qualification", "instructed"):
        made.add_paragraph(texts.say(f"statement.{key}"))
    made.add_paragraph(
        texts.say(
            "statement.made_from",
            case=printable(case["case"], 60),
            date=printable(case["date_utc"], 24),
            subject=subject_of(report),
            digest=digest,
        )
    )
    writer = _Writer(made)
    writer.write(_body(texts, report, case, record))
    writer.turn(landscape=False)
    made.add_heading(texts.say("statement.truth_heading"), 1)
    made.add_paragraph(texts.say("statement.truth"))
    for key in ("front.signature_name", "front.signature_place", "front.signature"):
        made.add_paragraph(f"{texts.say(key)}: ______________________")
    held = io.BytesIO()
    made.save(held)
    return zipped(unzipped(held.getvalue()), first=_FIRST)


def _body(texts: Texts, report: Report, case: Row, record: Record) -> list[Block]:
    return [
        *summary_page(texts, report),
        *figures(texts, report),
        *findings(texts, report),
        *payers(texts, report),
        *traces(texts, report),
        *every_rule(texts, report),
        *null_controls(texts, report),
        *alternatives(texts, report),
        *hypotheses(texts, record),
        *method(texts, report, case),
        *limits(texts, report),
        *exhibits(texts, record),
    ]


class _Writer:
    """Writes blocks at the end of a document, which python-docx holds as state."""

    def __init__(self, made: Any) -> None:
        self.made = made
        self.turned = False
        self.kinds: Mapping[str, Callable[[Block], None]] = {
            "heading": lambda it: self._add(self.made.add_heading(level=it["level"]), it["text"]),
            "para": lambda it: self._add(self.made.add_paragraph(), it["text"], it["style"]),
            "bullets": self._bullets,
            "terms": self._terms,
            "hashes": self._hashes,
            "figure": self._figure,
            "table": self._table,
            "one_page": lambda it: self.write(it["items"]),
            "page": lambda it: self.turn(landscape=it["landscape"]),
            "new_page": lambda it: None,
        }

    def write(self, blocks: Sequence[Block]) -> None:
        """Writes the blocks in their order."""
        for block in blocks:
            self.kinds[block["kind"]](block)

    def turn(self, *, landscape: bool) -> None:
        """What follows stands on pages turned, or upright."""
        from docx.enum.section import WD_ORIENT, WD_SECTION
        from docx.shared import Cm

        if landscape == self.turned:
            return
        section = self.made.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        sides = (Cm(29.7), Cm(21)) if landscape else (Cm(21), Cm(29.7))
        section.page_width, section.page_height = sides
        self.turned = landscape

    def _add(self, paragraph: Any, text: str, style: str = "plain") -> None:
        from docx.shared import Pt

        run = paragraph.add_run(text.replace(_BREAK, ""))
        if style == "mono":
            run.font.name, run.font.size = _MONO, Pt(_SMALL - 1)
        elif style == "small":
            run.font.size = Pt(_SMALL)
        elif style in ("strong", "lead"):
            run.bold = style == "strong"
        paragraph.paragraph_format.keep_with_next = style == "intro" or None

    def _bullets(self, it: Block) -> None:
        for text in it["items"]:
            self._add(self.made.add_paragraph(style="List Bullet"), text)

    def _terms(self, it: Block) -> None:
        for name, text in it["items"]:
            paragraph = self.made.add_paragraph()
            self._add(paragraph, f"{name}: ", "mono" if it["mono"] else "strong")
            self._add(paragraph, text)

    def _hashes(self, it: Block) -> None:
        for text in it["lines"]:
            self._add(self.made.add_paragraph(), text, "mono")

    def _figure(self, it: Block) -> None:
        from docx.shared import Cm

        shape = self.made.add_picture(io.BytesIO(picture(it["svg"])), width=Cm(_WIDE_CM))
        shape._inline.docPr.set("descr", it["alt"])

    def _table(self, it: Block) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.oxml import OxmlElement

        columns = it["columns"]
        table = self.made.add_table(rows=0, cols=len(columns), style="Table Grid")
        heads = [[{"text": column["head"], "style": "strong"}] for column in columns]
        total = [it["total"]] if it["total"] is not None else []
        for number, cells in enumerate([heads, *it["rows"], *total]):
            row = table.add_row()
            if number == 0:
                row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
            for cell, lines, column in zip(row.cells, cells, columns, strict=True):
                paragraph = cell.paragraphs[0]
                for at, line in enumerate(lines):
                    if at:
                        paragraph.add_run().add_break()
                    self._add(paragraph, line["text"], _in_table(line["style"]))
                if column["align"] == "right":
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        self.made.add_paragraph()


def _in_table(style: str) -> str:
    return "small" if style == "plain" else style


def _set_language(style: Any, language: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = style.element.get_or_add_rPr()
    for old in properties.findall(qn("w:lang")):
        properties.remove(old)
    lang = OxmlElement("w:lang")
    lang.set(qn("w:val"), language)
    properties.append(lang)


def _set_properties(properties: Any, title: str, texts: Texts, date_utc: str) -> None:
    when = datetime.fromisoformat(date_utc).replace(tzinfo=None)
    properties.title, properties.author, properties.last_modified_by = title, "", ""
    properties.comments, properties.language = "", texts.say("statement.language")
    properties.created = properties.modified = properties.last_printed = when
    properties.revision = 1
