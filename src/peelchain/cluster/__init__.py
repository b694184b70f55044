"""Which scripts are held to be one party: rules, CoinJoin detectors, merging, explanation."""
