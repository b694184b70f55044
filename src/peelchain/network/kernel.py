"""A network's rules as the kernels take them."""

from functools import lru_cache

from peelchain import _core
from peelchain.errors import MisuseError
from peelchain.network.chain import Network


@lru_cache
def kernel_rules(network: Network) -> _core.ChainRules:
    """The rules by which the kernels read the network's blocks.

    Raises MisuseError for a chain whose blocks they cannot read.
    """
    rules = network.rules
    if not rules.ingests:
        raise MisuseError(
            f"blocks of {network.name} are not read yet: {_WHY[rules.work_hash]}; its addresses "
            "are known, see docs/methods/chains.md"
        )
    return _core.ChainRules(
        work_hash=rules.work_hash,
        auxpow_chain_id=rules.auxpow_chain_id,
        tx_form=rules.tx_form,
        canonical_order=rules.canonical_order,
        token_prefix=rules.token_prefix,
        max_block_bytes=rules.max_block_bytes,
        max_money=rules.max_money,
        subsidy_steps=network.subsidy_steps,
    )


_WHY = {
    "x11": "a block's hash is X11, for which there is no sound library",
    "equihash": "its headers are longer and its values partly shielded",
}
