"""What an Esplora server is asked, answered from a store."""
