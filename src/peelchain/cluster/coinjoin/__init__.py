"""CoinJoins and what looks like one. docs/methods/coinjoins.md has definitions and figures."""
