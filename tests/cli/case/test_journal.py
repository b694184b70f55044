"""`case journal` on a case that was investigated."""

import csv
import io

from tests.cli.documented import NOTES, check
from tests.cli.running import peelchain


def test_the_journal_of_a_case_is_listed(investigated):
    answer = peelchain("case", "journal", "--case", investigated.case, "--json").answer
    check("case journal", answer)
    assert answer["broken"] is None
    assert [e["kind"] for e in answer["entries"]] == ["opened", "run", "report"]
    rows = peelchain("case", "journal", "--case", investigated.case, "--csv").out
    assert ",".join(next(csv.reader(io.StringIO(rows)))) == NOTES["case journal"]["csv"]
    shown = peelchain("case", "journal", "--case", investigated.case).out
    assert "the chain holds" in shown


def test_a_folder_without_a_case_is_refused(tmp_path):
    peelchain("case", "journal", "--case", tmp_path).refused(1, "holds no case", "case open")
