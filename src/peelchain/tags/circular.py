"""Tags that were drawn from a clustering: they cannot support the cluster that they were drawn of.

A tag counts as drawn from one where it names what it is derived from, where its confidence class is
`heuristic`, or where its source, context or kind speaks of clusters, co-spending or peelchain.
Such a tag holds for its own address; it never spreads to a cluster and never counts as support.
"""

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

HEURISTIC = "heuristic"
_SPEAKS_OF_CLUSTERS = r"(?i)\bcluster(s|ed|ing)?\b|co-?spen(d|t|ding)\b|multi-?input|\bpeelchain\b"
_TEXTS = ("source", "context", "tag_type")


def drawn_from_clustering(tags: pa.Table) -> npt.NDArray[np.bool_]:
    """Which rows of `tags` were drawn from a clustering."""
    drawn = np.zeros(tags.num_rows, dtype=np.bool_)
    if not tags.num_rows:
        return drawn
    drawn |= _array(pc.is_valid(tags["derived_from"]))
    drawn |= _array(pc.equal(tags["confidence"], HEURISTIC))
    for column in _TEXTS:
        encoded = tags[column].combine_chunks().dictionary_encode(null_encoding="encode")
        speaks = [
            text is not None and re.search(_SPEAKS_OF_CLUSTERS, text) is not None
            for text in encoded.dictionary.to_pylist()
        ]
        codes = encoded.indices.to_numpy(zero_copy_only=False)
        drawn |= np.array(speaks, dtype=np.bool_)[codes]
    return drawn


def _array(mask: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.fill_null(mask, False).to_numpy(), dtype=np.bool_)
