"""What `--map FIELD=HEADING` of the verbs that read a table says."""

from peelchain.errors import MisuseError


def mapping_of(given: list[str] | None, example: str) -> dict[str, str]:
    """The heading of each field; `example` is one that the remedy names. Raises MisuseError."""
    mapping: dict[str, str] = {}
    for pair in given or []:
        field, sign, heading = pair.partition("=")
        if not sign or not heading.strip():
            raise MisuseError(f"--map {pair[:60]!a} is no FIELD=HEADING; write --map {example}")
        if field in mapping:
            raise MisuseError(f"--map gives {field[:30]!a} twice; give each field one heading")
        mapping[field] = heading.strip()
    return mapping
