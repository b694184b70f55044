"""What a question about a trace may choose from: rules, services, categories, rates, patterns."""

from typing import Any

from peelchain.actions.tracing.account_scope import SCOPE
from peelchain.actions.tracing.rules import public_rule
from peelchain.actions.view import StoreView
from peelchain.trace.accounts import ACCOUNT_RULES, BACKWARD_ACCOUNT_RULES
from peelchain.trace.patterns.finding import PATTERNS
from peelchain.trace.walk import BACKWARD_RULES, RULES

Row = dict[str, Any]

MOST_SERVICES = 5_000


def choices(view: StoreView) -> Row:
    """The rules with their scopes and ways, the services that stop a walk, and what else is named.

    `services` are the first 5,000 in order of label; `services_in_all` counts them.
    """
    marks = {(m.label, m.party, m.category, m.kind) for m in view.services.marks_in_use()}
    services = [
        {"label": label, "party": party, "category": category or None, "kind": kind}
        for label, party, category, kind in sorted(marks, key=lambda mark: tuple(map(str, mark)))
    ]
    rates = {(row["currency"], row["source"]) for row in view.rate_rows.to_pylist()}
    return {
        "rules": [
            *_rules("transaction", RULES, BACKWARD_RULES),
            *_rules(SCOPE, ACCOUNT_RULES, BACKWARD_ACCOUNT_RULES),
        ],
        "services": services[:MOST_SERVICES],
        "services_in_all": len(services),
        "categories": sorted({row["category"] for row in services if row["category"]}),
        "rates": [{"currency": c, "source": s} for c, s in sorted(rates)],
        "patterns": list(PATTERNS),
        "policies": sorted({str(r.parameters["policy"]) for r in view.store.runs("cluster")}),
    }


def _rules(scope: str, rules: tuple[str, ...], backward: tuple[str, ...]) -> list[Row]:
    return [
        {"rule": public_rule(rule), "scope": scope, "backward": rule in backward} for rule in rules
    ]
