"""What jobs there are, and the function that does each: `module:name`, loaded in its process.

Each has the signature `(folders: Folders, asked: dict, progress: Watch) -> dict`.
"""

VERBS: dict[str, str] = {
    "case.investigate": "peelchain.web.work.casework:investigate",
    "case.run": "peelchain.web.work.casework:run",
    "case.report": "peelchain.web.work.casework:report",
}

SOFT: frozenset[str] = frozenset()
"""Those that stop when progress gives False, and then keep what they have."""
