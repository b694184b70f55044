"""The doubts about the parties of a case in plain sentences."""

from collections.abc import Iterator

from peelchain.case.report.catalogue import Texts
from peelchain.case.report.inert import inert, printable
from peelchain.case.report.reading import Report, Row, btc, label_of, subject_of, texts_of

MOST = 6
"""Sentences of one kind; the rest are counted."""

_LABELS = 5


def doubts_in_words(report: Report) -> list[str]:
    """The sentences on the part `doubts` of a report, harmless; none where nothing is in doubt.

    First what concerns the subject, then the services that the findings name.
    """
    doubts = report.get("doubts")
    if not doubts:
        return []
    texts = texts_of(report)
    return [
        *_subject_tags(texts, report, doubts["subject_tags"]),
        *_some(texts, _payjoins(texts, report, doubts["possible_payjoins"])),
        *_some(texts, _superclusters(texts, report, doubts["superclusters"])),
        *_some(texts, _conflicts(texts, report, doubts["tag_conflicts"])),
    ]


def relied_on(report: Report) -> list[str]:
    """The txids of possible PayJoins among the links that the findings rest on, each once."""
    rows = (report.get("doubts") or {}).get("possible_payjoins", ())
    found = (txid for row in rows for txid in row["txids"][: row["relied_on"]])
    return [printable(txid) for txid in dict.fromkeys(found)]


def _some(texts: Texts, sentences: Iterator[str]) -> list[str]:
    told = list(sentences)
    more = len(told) - MOST
    return told if more < 1 else [*told[:MOST], texts.count("doubts.more", more)]


def _subject_tags(texts: Texts, report: Report, rows: list[Row]) -> list[str]:
    if not rows:
        return []
    labels = _listed(texts, [row["label"] for row in rows])
    return [texts.say("doubts.subject_tags", subject=subject_of(report), labels=labels)]


def _payjoins(texts: Texts, report: Report, rows: list[Row]) -> Iterator[str]:
    for row in rows:
        if row["transactions"]:
            yield texts.say(
                "doubts.payjoins",
                label=label_of(report, row["entity"], 60),
                links=texts.count("doubts.transactions", row["links"]),
                count=f"{row['transactions']:,}",
                relied=texts.say("doubts.relied", count=f"{row['relied_on']:,}")
                if row["relied_on"]
                else texts.say("doubts.relied_none"),
                without=_without(texts, report, row),
            )


def _without(texts: Texts, report: Report, row: Row) -> str:
    if row["scripts_without"] == row["scripts"]:
        return texts.say("doubts.without_same")
    left = {
        "left": f"{row['scripts_without']:,}",
        "scripts": texts.count("summary.addresses", row["scripts"]),
    }
    if row["received_sat_without"] is None:
        return texts.say("doubts.without_service", **left)
    return texts.say(
        "doubts.without_subject",
        **left,
        amount=btc(row["received_sat_without"]),
        received=btc(report["totals"]["received_sat"]),
    )


def _superclusters(texts: Texts, report: Report, rows: list[Row]) -> Iterator[str]:
    for row in rows:
        why = []
        if len(row["services"]) > 1:
            services = _listed(texts, row["services"])
            why.append(texts.say("doubts.services", services=services))
        if row["jumps"]:
            why.append(texts.count("doubts.jumps", row["jumps"]))
        yield texts.say(
            "doubts.supercluster",
            label=_listed(texts, [label_of(report, entity, 60) for entity in row["entities"]]),
            scripts=texts.count("summary.addresses", row["scripts"]),
            why="; ".join(why),
        )


def _conflicts(texts: Texts, report: Report, rows: list[Row]) -> Iterator[str]:
    for row in rows:
        yield texts.say(
            "doubts.conflict",
            entity=label_of(report, row["entity"], 60),
            label=inert(row["label"], 60),
            others=_listed(texts, row["others"]),
        )


def _listed(texts: Texts, labels: list[str]) -> str:
    shown = [inert(label, 60) for label in labels[:_LABELS]]
    more = len(labels) - len(shown)
    if more:
        shown.append(texts.say("flow.more", count=more))
    return ", ".join(shown)
