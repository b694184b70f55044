"""What jobs there are, and the function that does each: `module:name`, loaded in its process.

Each has the signature `(folders: Folders, asked: dict, progress: Watch) -> dict`.
"""

VERBS: dict[str, str] = {
    "case.challenge": "peelchain.web.work.desk:challenge",
    "case.diff": "peelchain.web.work.casework:diff",
    "case.export": "peelchain.web.work.casework:export",
    "case.forfeiture": "peelchain.web.work.desk:forfeiture",
    "case.import": "peelchain.web.work.casework:import_case",
    "case.investigate": "peelchain.web.work.casework:investigate",
    "case.redact": "peelchain.web.work.casework:redact",
    "case.replay": "peelchain.web.work.casework:replay",
    "case.report": "peelchain.web.work.casework:report",
    "case.reveal": "peelchain.web.work.casework:reveal",
    "case.run": "peelchain.web.work.casework:run",
    "case.verify": "peelchain.web.work.casework:verify",
    "traces.backward": "peelchain.web.work.traces:trace",
    "traces.between": "peelchain.web.work.traces:between",
    "traces.compare": "peelchain.web.work.traces:compare",
    "traces.forward": "peelchain.web.work.traces:trace",
    "traces.ledger": "peelchain.web.work.traces:ledger",
    "traces.null-controls": "peelchain.web.work.traces:null_controls",
    "traces.path": "peelchain.web.work.traces:path",
    "traces.patterns": "peelchain.web.work.traces:patterns",
    "referrals.prepare": "peelchain.web.work.desk:prepare_referrals",
    "referrals.write": "peelchain.web.work.desk:write_referrals",
    "requests.write": "peelchain.web.work.desk:write_requests",
    "returns.import": "peelchain.web.work.desk:import_return",
    "tables.join": "peelchain.web.work.desk:join",
    "tables.payers": "peelchain.web.work.desk:payers",
}

SOFT: frozenset[str] = frozenset(
    {
        "traces.backward",
        "traces.between",
        "traces.compare",
        "traces.forward",
        "traces.null-controls",
        "traces.path",
        "traces.patterns",
    }
)
"""Those that stop when progress gives False, and then keep what they have."""
