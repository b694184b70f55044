"""The README of an exported folder."""

from collections.abc import Mapping
from typing import Any


def readme(
    format_name: str, notes: str, identity: Mapping[str, Any], last: int, last_hash: str
) -> str:
    """The text: what the folder holds, how to check it, how to read it."""
    return f"""\
# Blocks {identity["from"]} to {last} of {identity["network"]}, as `{format_name}`

Exported by peelchain. The last block is `{last_hash}`. `manifest.json` lists every file
with rows, bytes and SHA-256; `sha256sum -c SHA256SUMS` checks them. Exported again into this
folder, the same blocks give the same bytes, and a store that has grown adds its new blocks.

{notes}"""
