"""The report of a case: PDF, figures, CSV twins and the summary on the terminal."""

from peelchain.case.report.closing import summary
from peelchain.case.report.document import render_pdf
from peelchain.case.report.doubts import doubts_in_words
from peelchain.case.report.flow_figure import flow_svg
from peelchain.case.report.record import Record, digests
from peelchain.case.report.statement import statement_docx
from peelchain.case.report.tables import csv_twins
from peelchain.case.report.timeline_figure import timeline_svg

__all__ = [
    "Record",
    "csv_twins",
    "digests",
    "doubts_in_words",
    "flow_svg",
    "render_pdf",
    "statement_docx",
    "summary",
    "timeline_svg",
]
