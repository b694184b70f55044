"""Small chains for tests of clustering, as lists of coins."""

from hypothesis import strategies as st
from tests.oracle.cluster import Tx

COINBASE: Tx = (None, [(5_000_000_000, 0)])

_coin = st.tuples(
    st.sampled_from([546, 3000, 100_000, 100_000, 100_000, 250_000, 250_000, 900_000]),
    st.integers(0, 25),
)
_tx = st.tuples(st.lists(_coin, min_size=1, max_size=14), st.lists(_coin, min_size=1, max_size=14))


@st.composite
def _mixes(draw: st.DrawFn) -> Tx:
    """CoinJoins and what nearly is one: equal outputs, funded, with change."""
    n = draw(st.integers(2, 6))
    value = draw(st.sampled_from([100_000, 250_000]))
    scripts = draw(st.lists(st.integers(0, 25), min_size=n, max_size=n + 2))
    inputs = [(value + draw(st.integers(0, 60_000)), script) for script in scripts]
    outputs = [(value, 30 + i) for i in range(n)]
    outputs += [(v - value, 50 + i) for i, (v, _) in enumerate(inputs) if v > value]
    return inputs, outputs[: draw(st.integers(n, len(outputs)))]


chains = st.lists(st.one_of(_tx, _mixes()), max_size=12).map(lambda txs: [COINBASE, *txs])
