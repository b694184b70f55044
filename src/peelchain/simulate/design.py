"""What holds by design in an economy, and what its parameters took away."""

from peelchain.simulate.parameters import Parameters


def design(parameters: Parameters) -> list[str]:
    """Lines for the truth's README: each promise, or the parameters under which it is broken."""
    chosen = parameters
    lines = [f"Preset {chosen.preset}; parameters.json holds every value.", ""]
    lines += ["What holds by design:", ""]
    if chosen.keeps_owners:
        lines.append(
            "- Inputs of one transaction have one owner, CoinJoins apart; joining scripts spent "
            "together, CoinJoins left out, never joins two owners."
        )
    if chosen.keeps_shapes:
        lines.append(
            "- A CoinJoin has n >= 3 equal outputs, at least n distinct input scripts and n to "
            "2n + 1 outputs; nothing else has that shape. Services take part in none."
        )
    lines += [
        "- Every withdrawal has an input in the co-spend cluster of an address that tagpack.yaml "
        "tags, over the whole chain. Cold wallets and most deposit addresses are outside it.",
        "- Addresses of site users that were spent are one co-spend cluster, the observed ones "
        "among them. They receive nothing but payments.",
        "- Every script has one owner, who holds its keys; transactions.csv names all spenders.",
    ]
    lines.append(
        f"- Case {chosen.case or 'of the pay site'}: case_flow.csv conserves value in every "
        "transaction, and what case_ends holds adds up to case_seeds."
    )
    broken = _broken(chosen)
    if broken:
        lines += ["", "What does not hold under these parameters:", "", *broken]
    return lines


def _broken(chosen: Parameters) -> list[str]:
    lines = []
    if chosen.payjoin_share:
        lines.append(
            f"- payjoin_share {chosen.payjoin_share:g}: a PayJoin has inputs of payer and payee "
            "(payjoins.csv). Co-spending joins the two, services among the payees."
        )
    if chosen.undetected_mix_share:
        lines.append(
            f"- undetected_mix_share {chosen.undetected_mix_share:g}: joint transactions of two "
            "people without three equal outputs (coinjoins.csv: two_party, unequal, "
            "stowaway). Co-spending joins them."
        )
    if chosen.trades_per_100_blocks:
        lines.append(
            f"- trades_per_100_blocks {chosen.trades_per_100_blocks:g}: seller and buyer of an "
            "inscription spend together (class trade). Co-spending joins them."
        )
    if chosen.has_offchain:
        lines.append(
            "- Channels, escrows and handed-over coins: scripts.csv names who paid into a channel "
            "or made a coin, though another may hold the keys, or half of them, when it is spent. "
            "Who moves a coin that was handed over is transactions.csv's owner_id."
        )
    if chosen.real_mixes:
        lines.append(
            "- real_mixes: Wasabi 1.1 and 2 mix several sums at once, Whirlpool has five to ten "
            "participants; one participant may hold several equal outputs. One who mixes with "
            "coins of several wallets joins these."
        )
    if not chosen.keeps_shapes:
        lines.append(
            "- Transactions of one owner can look like mixes (classes equal_batch, stonewall, "
            "runes, open_assets): the class decides, not the shape."
        )
    if chosen.broker:
        lines.append(
            "- broker: its customers' addresses belong to the exchange that holds the keys "
            "(custody.csv). One co-spend cluster has the public tags of both."
        )
    return lines
