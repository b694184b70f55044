"""A Bitcoin node asked over JSON-RPC and REST: Bitcoin Core, btcd and those that answer alike."""
