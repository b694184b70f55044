"""The work that follows the trace, on a simulated chain: from requests to forfeiture.

`python scripts/model_case.py FOLDER` goes on where scripts/demo.sh has a case in FOLDER/case on the
chain of FOLDER/node in FOLDER/store, and leaves what each command said with `--json` in FOLDER.
"""

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from peelchain.cli.main import main as peelchain

Answer = dict[str, Any]
Run = Callable[..., Answer]
"""Runs `peelchain ARGUMENTS --json` and gives its answer; raises where it fails."""

DATE = "2024-02-28T12:00:00Z"
ANALYST, PROSECUTOR = "A. Analyst", "P. Prosecutor"
ERROR_RATE = 0.1


def steps(run: Run, folder: Path) -> Iterator[str]:
    """Does the work step by step; gives before each step what it is about to do."""
    node, case, store = folder / "node", folder / "case", folder / "store"
    at = ("--case", case, "--date", DATE)
    on = (*at, "--store", store)

    def keep(name: str, answer: Answer) -> Answer:
        (folder / f"{name}.json").write_text(json.dumps(answer), encoding="ascii")
        return answer

    yield "plan the requests to the exchanges, and write a schedule for each"
    keep("plan", run("case", "requests", "plan", "--case", case))
    written = keep("requests", run("case", "requests", "write", *on))

    yield "let each exchange answer, with a mistake in every tenth row; import the answers"
    names = [name for s in written["services"] for name in s["files"] if name.endswith(".csv")]
    asked = [word for name in names for word in ("--requests", case / name)]
    answers = folder / "answers"
    run("simulate-returns", node, *asked, "--out", answers, "--seed", 1, "--error-rate", ERROR_RATE)
    how = json.loads((answers / "import.json").read_text(encoding="ascii"))
    for stem, told in how.items():
        keep(
            f"return-{stem}",
            run(
                *("case", "returns", "import", answers / f"{stem}.csv", *on, "--grade", "B2"),
                *("--service", told["service"], *told["arguments"]),
            ),
        )

    yield "decide which accounts are one person's: by identity document, never by mailbox alone"
    persons = ("case", "returns", "persons", "--names", "--case", case)
    for verb in ("same", "different"):
        suggested = run(*persons)
        if verb == "same":
            keep("persons-suggested", suggested)
        for pair in suggested["suggestions"]:
            if verb == "same" and "document" not in pair["by"]:
                continue
            reason = f"{', '.join(pair['by'])}, as both services give it"
            told = ("--by", ANALYST, "--reason", reason)
            run("case", "returns", verb, *pair["persons"], *told, *at)
    keep("persons", run(*persons))

    yield "join the seized server's table of users with the chain"
    keep("table", run("case", "join-table", node / "seized" / "users.csv", *on))
    keep("payers", run("case", "table", "show", "--names", "--case", case, "--store", store))

    yield "refer to each country the persons whom a payment leads to directly, twice approved"
    found = keep("referrals", run("case", "referrals", "prepare", *at))["referrals"]
    direct = [row["person"] for row in found if row["basis"] == "direct"]
    for name in (ANALYST, PROSECUTOR):
        run("case", "referrals", "approve", *direct, "--by", name, *at)
    texts = (*("--role", "witness", "--legal-basis", "simulated order 1"),
             *("--recipient", "the central authority", "--by", PROSECUTOR),
             *("--alternatives", "paid for another; the account was lent"),
             *("--exculpatory", "a payment shows no use"))  # fmt: skip
    for person in direct:
        run("case", "referrals", "decide", person, *texts, *at)
    packages = folder / "packages"
    sent = keep("sent", run("case", "referrals", "write", "--out", packages, *at))
    # one recipient's check; tests verify every package
    row = sent["packages"][0]
    run("verify", packages / row["package"] / "bundle.zip", "--expect", row["bundle_digest"])

    yield "say what is left where, and what to watch"
    keep("forfeiture", run("case", "forfeiture", *on))

    yield "write the report and the bundle anew, with all that was done since"
    keep("report", run("case", "report", *on))
    digest = (case / "digest.txt").read_text(encoding="ascii").strip()
    run("verify", case / "bundle.zip", "--expect", digest)


def _run(*arguments: object) -> Answer:
    """The answer of the command line, in this process; talk goes to stderr as ever."""
    held = io.BytesIO()
    out = io.TextIOWrapper(held, encoding="utf-8")
    try:
        with redirect_stdout(out):
            peelchain([*map(str, arguments), "--json"])
    except SystemExit as e:
        if e.code:
            sys.exit(f"failed: peelchain {' '.join(map(str, arguments))}")
    out.flush()
    answer: Answer = json.loads(held.getvalue())
    return answer


def main(folder: Path, done: int, of: int) -> None:
    """Does every step, saying which of how many it is."""
    for number, step in enumerate(steps(_run, folder), done + 1):
        print(f"\n[{number}/{of}] {step}", file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
