"""Answers as JSON that any text of a chain, a tag or a user survives."""

import json
from typing import Any

from fastapi.responses import JSONResponse


class Json(JSONResponse):
    """JSON in ASCII: what is no Unicode, such as half a surrogate pair, leaves as its escape."""

    def render(self, content: Any) -> bytes:
        """The content's bytes. Raises ValueError for a float that JSON lacks."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")
