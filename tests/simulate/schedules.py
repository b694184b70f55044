"""Schedules as `case requests write` writes them, made of a simulated chain's truth."""

import csv
from pathlib import Path

from tests.simulate.reading import read_truth

COLUMNS = (
    "row", "finding", "direction", "txid", "vout", "address", "time_utc", "height",
    "block_hash", "value_sat", "btc", "asked",
)  # fmt: skip


def write_schedule(node: Path, service: str, stem: str, folder: Path) -> Path:
    """A schedule of what the service paid out but for the last five, in `folder/stem.csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}.csv"
    heights = {row["txid"]: row["height"] for row in read_truth(node, "transactions")}
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        rows = [row for row in read_truth(node, "withdrawals") if row["service_id"] == service]
        for number, row in enumerate(rows[:-5], 1):
            writer.writerow(
                    (
                        number, f"I{number}", "paid out by you", row["txid"], row["vout"],
                        "address", f"2020-01-{number % 28 + 1:02d}T10:00:00Z", heights[row["txid"]],
                        "00" * 32, row["value_sat"], "", "",
                    )
                )  # fmt: skip
    return path


def read_schedule(path: Path) -> list[dict[str, str]]:
    """The rows of a schedule."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
