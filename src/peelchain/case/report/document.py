"""The report as PDF: sections as data, laid out by the template report.typ."""

from typing import Any

from peelchain.case.report import typeset
from peelchain.case.report.blocks import Block
from peelchain.case.report.catalogue import Texts
from peelchain.case.report.certainty import alternatives, every_rule, null_controls, supports
from peelchain.case.report.details import annexes
from peelchain.case.report.findings import figures, findings, traces
from peelchain.case.report.inert import printable
from peelchain.case.report.method import limits, method, reference, upright
from peelchain.case.report.opening import first_page, summary_page
from peelchain.case.report.payers import payers
from peelchain.case.report.reading import Report, Row, texts_of
from peelchain.case.report.record import NOTHING, Record, disclosure, exhibits, hypotheses
from peelchain.errors import BundleError
from peelchain.units import shown


def render_pdf(report: Report, case: Row, *, digest: str | None, record: Record = NOTHING) -> bytes:
    """The report as PDF/A-2a (ISO 19005-2) and PDF/UA-1, the same bytes for the same input.

    `report` and `case` are report.json and case.json. `digest` is the bundle's, 64 hex digits;
    None for the copy inside the bundle, which says why it has none. `record` is the journal's
    part. The language is the report's. Raises BundleError for a malformed digest or date.
    """
    if digest is not None and (len(digest) != 64 or set(digest) - set("0123456789abcdef")):
        raise BundleError(
            f"digest {shown(digest)} is not 64 lower-case hex digits; "
            "give the SHA-256 of tagmanifest-sha256.txt"
        )
    return typeset.pdf(document(report, case, digest, record))


def render_pages(report: Report, case: Row, *, digest: str | None, ppi: float = 72) -> list[bytes]:
    """The report's pages as PNG images, for a preview."""
    return typeset.pages(document(report, case, digest), ppi)


def document(
    report: Report, case: Row, digest: str | None, record: Record = NOTHING
) -> dict[str, Any]:
    """The whole report as plain data: every text final, every amount already formatted."""
    texts = texts_of(report)
    return typeset.content(
        texts.say("language.code"),
        case["date_utc"],
        _running(texts, case, digest),
        _body(texts, report, case, record),
        first_page(texts, report, case, digest),
    )


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
        *annexes(texts, report),
        *supports(texts, report),
        upright(),
        *reference(texts, report, case),
        *exhibits(texts, record),
        *disclosure(texts, record),
    ]


def _running(texts: Texts, case: Row, digest: str | None) -> dict[str, str]:
    name, title = printable(case["case"], 36), texts.say("page.title")
    footer = (
        texts.say("page.footer_digest", case=name, digest=digest)
        if digest
        else texts.say("page.footer", case=name)
    )
    return {
        "title": title,
        "header": texts.say("page.header", title=title, case=name),
        "footer": footer,
        "number": texts.say("page.number", page="{page}", pages="{pages}"),
        "contents": texts.say("page.contents"),
    }
