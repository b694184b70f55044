"""peelchain trace patterns, peelchain evaluate patterns."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from peelchain.cli.evaluate_rates import emit_rates, shared
from peelchain.cli.options import (
    MOST,
    CsvOption,
    JsonOption,
    MaxHopsOption,
    MinValueOption,
    OutOption,
    ShortOption,
    StoreOption,
    TableOption,
)
