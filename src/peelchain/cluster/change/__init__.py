"""Which outputs are change: published rules, each alone, and a calibrated predictor over them."""
