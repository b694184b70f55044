"""Answers of simulated services to the schedules that a case sent them."""

from pathlib import Path
from typing import Any

from peelchain.simulate.answers import answer_requests


def simulate_returns(
    node: Path, schedules: list[Path], out: Path, *, seed: int, error_rate: float
) -> dict[str, Any]:
    """Writes each service's answer and the truth about it; gives what was written.

    Raises MisuseError, see `answer_requests`.
    """
    answers = answer_requests(node, schedules, out, seed=seed, rate=error_rate)
    return {
        "out": str(out),
        "seed": seed,
        "answers": [
            {
                "file": str(out / f"{answer.name}.csv"),
                "service": answer.label,
                "rows": answer.rows,
                "mistakes": len(answer.mistakes),
                "arguments": answer.arguments,
            }
            for answer in answers
        ],
    }
