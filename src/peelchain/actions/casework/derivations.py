"""What each kind of entry is derived by: the one list that replay goes through."""

from peelchain.actions.casework.attest import timestamp_of_case
from peelchain.actions.casework.challenge import challenge_of_case
from peelchain.actions.casework.expand import expansion_of_case
from peelchain.actions.casework.findings import run_of_case
from peelchain.actions.casework.forfeiture import forfeiture_of_case
from peelchain.actions.casework.interchange import interchange_of_case
from peelchain.actions.casework.join_table import table_of_case
from peelchain.actions.casework.redactions import openings_of_case, redaction_of_case
from peelchain.actions.casework.referrals import referral_of_case
from peelchain.actions.casework.report import report_of_case
from peelchain.actions.casework.requests import request_of_case
from peelchain.actions.casework.returns import return_of_case
from peelchain.actions.casework.work import Derivation
from peelchain.actions.watching.moves import watched_of_case

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
    "watched": watched_of_case,
}
"""By kind. Entries of other kinds record what somebody said or decided: nothing is derived."""
