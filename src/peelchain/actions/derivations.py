"""What each kind of entry is derived by: the one list that replay goes through."""

from peelchain.actions.case_findings import run_of_case
from peelchain.actions.case_report import report_of_case
from peelchain.actions.join_table import table_of_case
from peelchain.actions.work import Derivation

DERIVATIONS: dict[str, Derivation] = {
    "report": report_of_case,
    "run": run_of_case,
    "table": table_of_case,
}
"""By kind. Entries of other kinds record what somebody said or decided: nothing is derived."""
