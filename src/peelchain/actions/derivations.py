"""What each kind of entry is derived by: the one list that replay goes through."""

from peelchain.actions.attest import timestamp_of_case
from peelchain.actions.case_findings import run_of_case
from peelchain.actions.case_report import report_of_case
from peelchain.actions.challenge import challenge_of_case
from peelchain.actions.expand import expansion_of_case
from peelchain.actions.forfeiture import forfeiture_of_case
from peelchain.actions.interchange import interchange_of_case
from peelchain.actions.join_table import table_of_case
from peelchain.actions.redactions import openings_of_case, redaction_of_case
from peelchain.actions.referrals import referral_of_case
from peelchain.actions.requests import request_of_case
from peelchain.actions.returns import return_of_case
from peelchain.actions.work import Derivation

DERIVATIONS: dict[str, Derivation] = {
    "challenge": challenge_of_case,
    "expansion": expansion_of_case,
    "forfeiture": forfeiture_of_case,
    "interchange": interchange_of_case,
    "redaction": redaction_of_case,
    "referral": referral_of_case,
    "report": report_of_case,
    "request": request_of_case,
    "return": return_of_case,
    "reveal": openings_of_case,
    "run": run_of_case,
    "table": table_of_case,
    "timestamp": timestamp_of_case,
}
"""By kind. Entries of other kinds record what somebody said or decided: nothing is derived."""
