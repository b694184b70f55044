"""What the public and the police know: tags of services, prices, the site, what was taken."""

import csv
from collections.abc import Sequence
from pathlib import Path

import yaml

from peelchain.simulate.rates import Rates
from peelchain.simulate.services import Service
from peelchain.simulate.truth import Table

_NOWHERE = "ZZ"


def write_published(
    out: Path, services: Sequence[Service], observed: Sequence[str], rates: Rates
) -> None:
    """Write tagpack.yaml (a GraphSense TagPack), rates.csv and observed.txt into the folder."""
    tags = [
        {
            "address": address.text,
            "label": service.profile.name,
            "category": service.profile.category,
            "actor": service.profile.owner_id.replace("-", ""),
            "source": f"https://{service.profile.owner_id}.example/addresses",
        }
        for service in services
        for address in service.tagged
    ]
    pack = {
        "title": "Simulated services",
        "creator": "peelchain simulate",
        "description": "Public tags of the services of a simulated chain",
        "currency": "BTC",
        "confidence": "service_data",
        "is_cluster_definer": True,
        "lastmod": "2023-07-01",
        "tags": tags,
    }
    text = yaml.safe_dump(pack, sort_keys=False, allow_unicode=False, width=200)
    (out / "tagpack.yaml").write_text(text, encoding="ascii", newline="\n")
    lines = ["# site addresses shown to undercover users", *observed]
    (out / "observed.txt").write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")
    rates.write(out / "rates.csv")


def write_actors(out: Path, services: Sequence[Service]) -> None:
    """Write actorpack.yaml (a GraphSense ActorPack): who the tags' actors are, under which law."""
    actors = [
        {
            "id": service.profile.owner_id.replace("-", ""),
            "label": service.profile.name,
            "jurisdictions": [service.profile.country]
            if service.profile.country != _NOWHERE
            else [],
            "categories": [service.profile.category],
            "uri": f"https://{service.profile.owner_id}.example",
        }
        for service in services
    ]
    pack = {
        "title": "Simulated actors",
        "creator": "peelchain simulate",
        "description": "The services of a simulated chain and their jurisdictions",
        "lastmod": "2023-07-01",
        "actors": actors,
    }
    text = yaml.safe_dump(pack, sort_keys=False, allow_unicode=False, width=200)
    (out / "actorpack.yaml").write_text(text, encoding="ascii", newline="\n")


def write_seeds(out: Path, case_seeds: Table) -> None:
    """Write seeds.csv, by which a trace of the case starts: what the claimants can show."""
    with (out / "seeds.csv").open("w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("outpoint", "satoshis", "claimant"))
        for txid, vout, value_sat, claimant in case_seeds.rows:
            writer.writerow((f"{txid}:{vout}", value_sat, claimant))
