"""A store served by the Esplora API, for the explorers, wallets and scripts that speak it."""
