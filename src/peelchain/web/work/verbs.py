"""What jobs there are, and the function that does each: `module:name`, loaded in its process.

Each has the signature `(folders: Folders, asked: dict, progress: Watch) -> dict`.
"""

VERBS: dict[str, str] = {
    "case.diff": "peelchain.web.work.casework:diff",
    "case.export": "peelchain.web.work.casework:export",
    "case.import": "peelchain.web.work.casework:import_case",
    "case.investigate": "peelchain.web.work.casework:investigate",
    "case.redact": "peelchain.web.work.casework:redact",
    "case.replay": "peelchain.web.work.casework:replay",
    "case.report": "peelchain.web.work.casework:report",
    "case.reveal": "peelchain.web.work.casework:reveal",
    "case.run": "peelchain.web.work.casework:run",
    "case.verify": "peelchain.web.work.casework:verify",
}

SOFT: frozenset[str] = frozenset()
"""Those that stop when progress gives False, and then keep what they have."""
