"""What really happened, as CSV tables that say who owns what and who paid whom."""

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path

from peelchain.network import REGTEST
from peelchain.script import address
from peelchain.simulate.design import design
from peelchain.simulate.parameters import Parameters
from peelchain.units import format_hash

Cell = str | int


@dataclass(frozen=True, slots=True)
class Owner:
    """One party. `label` is what the tagpack calls it, empty where nobody tagged it."""

    owner_id: str
    role: str
    name: str
    country: str
    wallet_kind: str
    label: str = ""


@dataclass(frozen=True)
class Table:
    """A truth table: its file, its columns with their meanings, and its rows in chain order."""

    name: str
    holds: str
    columns: tuple[tuple[str, str], ...]
    rows: list[tuple[Cell, ...]] = field(default_factory=list)

    def add(self, *row: Cell) -> None:
        """Append one row; raises ValueError when it does not fit the columns."""
        if len(row) != len(self.columns):
            raise ValueError(f"{self.name} has {len(self.columns)} columns, not {len(row)}")
        self.rows.append(row)


_TXID = ("txid", "transaction, display hex")
_VOUT = ("vout", "output index")
_VALUE = ("value_sat", "value of that output in satoshis")
_LEAST = ("least_sat", "the least that any flow that conserves value could make of it")
_MOST = ("most_sat", "the most; both by one transaction after the other, so bounds lie within")
_SERVICE = ("service_id", "owner_id of the service")
_CUSTOMER = ("customer_id", "owner_id of whoever holds the account")
_ACCOUNT = ("account", "account at that service; unique with service_id")


class Truth:
    """Every truth table, filled while the economy runs."""

    def __init__(self) -> None:
        self.owners = Table(
            "owners",
            "the parties",
            (
                ("owner_id", "the party, unique"),
                ("role", "user, exchange, market, gambling, processor, pool, faucet, coordinator, "
                 "marketplace, site, operator, affiliate or genesis"),
                ("name", "a made-up name"),
                ("country", "ISO 3166-1 alpha-2; ZZ where nobody knows"),
                ("wallet_kind", "script kind of its main wallet; empty for genesis"),
                ("label", "label of its tags in tagpack.yaml; empty where it has none"),
            ),
        )  # fmt: skip
        self.scripts = Table(
            "scripts",
            "every script_pubkey on the chain, once, by first appearance",
            (
                ("script_pubkey", "hex"),
                ("address", "regtest address; empty where the script has none"),
                ("owner_id", "who controls it; for op_return, who wrote it"),
                ("purpose", "receive, change, deposit, hot, cold, site_user, treasury, private "
                 "(the operator's own), premix, coinjoin, coinbase, fee, op_return or genesis: "
                 "what the address was first made for. The site's wallet is site_user and "
                 "treasury"),
                ("wallet", "wallet in wallets.csv; empty for op_return and genesis"),
                ("wallet_family", "family of that wallet"),
            ),
        )  # fmt: skip
        self.wallets = Table(
            "wallets",
            "every wallet, and the habits that change rules look at",
            (
                ("wallet", "owner and name, unique"),
                ("owner_id", "who holds its keys"),
                ("wallet_family", "core, electrum and so on, see docs/methods/simulator.md; "
                 "classic is none; service, mixer and inscriptions are those of services and of "
                 "clients for one purpose"),
                ("kind", "script kind of its receiving addresses"),
                ("position", "where change goes: random, last, first or sorted (BIP 69)"),
                ("change", "one, none (coins are paid whole), round or split"),
                ("change_kind", "own, match (the payee's type) or other"),
                ("reuse", "1 where it uses one address for everything"),
            ),
        )  # fmt: skip
        self.transactions = Table(
            "transactions",
            "every transaction but the coinbases, in chain order",
            (
                _TXID,
                ("height", "height of its block"),
                ("kind", "payment, withdrawal (a service pays customers), deposit, sweep, "
                 "internal (a service moves its own), hop (a party moves its own), consolidation, "
                 "dust, coinjoin, premix, trade, site_sweep, site_payout, peel, theft (out of a "
                 "service's hot wallet) or split (of proceeds among several)"),
                ("owner_id", "who spent; of a joint transaction, who started it"),
                ("class", "ordinary, coinjoin, tx0 (cuts coins for a mix), payjoin, trade (seller "
                 "and buyer spend together), stonewall (one wallet that looks like two), "
                 "equal_batch (a service pays three or more equal sums), consolidation (ten inputs "
                 "or more, at most two outputs), omni, open_assets or runes"),
                ("wallet_family", "family of the wallets that spent; empty where of several"),
                ("spenders", "owner_ids of all inputs, sorted, joined by a space; more than one "
                 "where people signed together"),
            ),
        )  # fmt: skip
        self.change = Table(
            "change",
            "outputs that return to a spender as change; of a CoinJoin, what each participant "
            "could not mix",
            (_TXID, _VOUT),
        )
        self.coinjoins = Table(
            "coinjoins",
            "the CoinJoins, in chain order",
            (
                _TXID,
                (
                    "type",
                    "joinmarket, wasabi1, wasabi1_levels, wasabi2 or whirlpool; of those that "
                    "no detector covers, two_party, unequal or stowaway",
                ),
                ("participants", "owner_ids of all, sorted, joined by a space"),
            ),
        )
        self.payjoins = Table(
            "payjoins",
            "payments in which the payee spends coins along with the payer",
            (
                _TXID,
                ("design", "bip78, or stowaway, which coinjoins.csv lists too"),
                ("payer_id", "owner_id of the payer"),
                ("payee_id", "owner_id of the payee"),
                ("vout", "output of the payee"),
                ("value_sat", "what was paid; the output holds the payee's own coins as well"),
                ("payee_inputs", "how many inputs are the payee's"),
            ),
        )
        self.site_users = Table(
            "site_users",
            "the site's table of users, each with the one address it was given",
            (
                ("site_user", "the site's own number of the user"),
                ("address", "the address to pay to; some never paid"),
                ("owner_id", "who that user is"),
            ),
        )
        self.accounts = Table(
            "accounts",
            "deposit addresses of customers at services; an account may have many, or none: "
            "gambling and pools take deposits at their own tagged address",
            (_SERVICE, _ACCOUNT, _CUSTOMER, ("address", "deposit address")),
        )
        self.custody = Table(
            "custody",
            "deposit addresses whose keys another service holds; owner_id in scripts.csv is it",
            (
                ("address", "deposit address"),
                ("custodian_id", "owner_id of the service that holds the key"),
                ("service_id", "owner_id of the service whose customer has the address"),
            ),
        )
        self.withdrawals = Table(
            "withdrawals",
            "what services of every role paid out to customers",
            (_SERVICE, _ACCOUNT, _TXID, _VOUT, _VALUE, _CUSTOMER),
        )
        self.payments = Table(
            "payments",
            "what the site received from its users",
            (
                _TXID,
                _VOUT,
                _VALUE,
                ("site_user", "the site's number of the user"),
                ("payer_id", "owner_id of whoever paid"),
                ("route", "where the money came from: direct (a service paid the site), wallet, "
                 "hops (own wallets between), peer (another user), mined, or coinjoin"),
            ),
        )  # fmt: skip
        self.cashouts = Table(
            "cashouts",
            "the operator's own deposits at exchanges; whom it paid may deposit there too",
            (
                _TXID,
                _VOUT,
                _VALUE,
                _SERVICE,
                _ACCOUNT,
                ("route", "peel, hop or coinjoin: how the money left the site"),
            ),
        )
        self.patterns = Table(
            "patterns",
            "patterns that somebody made on purpose, an output a row, by pattern_id and seq. "
            "Whoever pays from change time after time makes the shape of a peel chain too; "
            "change.csv and scripts.csv tell whose each output is. CoinJoins have none",
            (
                ("pattern_id", "one instance, from 1, by first appearance"),
                ("pattern", "peel_chain, deposit_sweep, consolidation, fan_out, round_trip or "
                 "structuring"),
                ("seq", "order within the instance, from 0"),
                _TXID,
                _VOUT,
                ("role", "what the output is in it. peel_chain: start, then peel and carry of each "
                 "transaction (carry is the change that goes on). deposit_sweep: deposit of each "
                 "that is swept, then sweep. consolidation: part of each that is joined, then "
                 "whole. fan_out: paid. round_trip: out, hop, back. structuring: deposit. The "
                 "transactions of start, deposit of a sweep, and part come before the pattern"),
                ("owner_id", "who did it; of structuring and round_trip, the customer"),
                ("service_id", "of structuring and round_trip, the service"),
                _VALUE,
                ("threshold_usd", "of structuring, the sum in dollars that each stays below"),
            ),
        )  # fmt: skip
        self.case_seeds = Table(
            "case_seeds",
            "what was taken: the outputs by which the proceeds of the case came to be held; "
            "without a case, what the pay site took",
            (_TXID, _VOUT, _VALUE, ("claimant", "owner_id of whoever lost it")),
        )
        self.case_flow = Table(
            "case_flow",
            "where the proceeds went, by the books of whoever moved them, in chain order: for each "
            "transaction what each input brings of them and what each output and the fee take; the "
            "two sums are equal. One flow that conserves value, followed through everybody's hands "
            "until a service keeps the money; others conserve it as well, wherever clean money was "
            "in the same transaction",
            (
                _TXID,
                ("side", "in, out or fee"),
                ("position", "vin or vout; empty for the fee"),
                ("owner_id", "who holds that output's key; empty for the fee"),
                ("value_sat", "value of the output spent or made, or the fee, in satoshis"),
                ("case_sat", "satoshis of it that are proceeds"),
            ),
        )
        self.case_ends = Table(
            "case_ends",
            "where the proceeds are when the chain ends, by case_flow; they add up to case_seeds",
            (
                _TXID,
                ("vout", "output index; empty for a fee"),
                ("value_sat", "value of that output, or the fee, in satoshis"),
                ("case_sat", "satoshis of it that are proceeds, by case_flow"),
                _LEAST,
                _MOST,
                (
                    "end",
                    "service (in its hot or cold wallet), unspent, seed (it came to an output of "
                    "case_seeds) or fee",
                ),
                ("owner_id", "who holds the key; of a fee, who paid it"),
            ),
        )
        self.case_deposits = Table(
            "case_deposits",
            "what the people of the case paid to services; without a case, see cashouts",
            (
                _TXID,
                _VOUT,
                _VALUE,
                ("case_sat", "satoshis of it that are proceeds, by case_flow"),
                _LEAST,
                _MOST,
                _SERVICE,
                _ACCOUNT,
                ("depositor_id", "owner_id of whoever paid it in"),
                ("route", "how it came there: peel, structured, hop, mixed, direct or round_trip"),
            ),
        )
        self.offchain = Table(
            "offchain",
            "outputs whose value changed hands, or may have, where the chain does not show it",
            (
                _TXID,
                _VOUT,
                _VALUE,
                ("mark", "channel_open (pays into a channel), channel_close (paid out of one) or "
                 "key_handover (a coin whose key the coin house gives away)"),
            ),
        )  # fmt: skip
        self.blocks = Table(
            "blocks",
            "the best chain",
            (
                ("height", "genesis is 0"),
                ("block_hash", "display hex"),
                ("owner_id", "who mined it"),
            ),
        )

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables, in the order the README lists them."""
        return tuple(value for value in vars(self).values() if isinstance(value, Table))

    def tables_of(self, parameters: Parameters) -> tuple[Table, ...]:
        """The tables that an economy with these parameters has."""
        left_out = []
        if not parameters.case:
            left_out.append(self.case_deposits)
        if not parameters.has_offchain:
            left_out.append(self.offchain)
        return tuple(t for t in self.tables if not any(t is out for out in left_out))

    def write(self, folder: Path, about: str, parameters: Parameters) -> None:
        """Write a CSV a table, a README that describes each column, and parameters.json.

        The folder must be new. The README says what holds by design under these parameters.
        """
        folder.mkdir()
        text = json.dumps(parameters.as_dict(), indent=2, sort_keys=True, ensure_ascii=True)
        (folder / "parameters.json").write_text(text + "\n", encoding="ascii", newline="\n")
        lines = ["# Truth of a simulated chain", "", about, "", *design(parameters), ""]
        for table in self.tables_of(parameters):
            with (folder / f"{table.name}.csv").open("w", encoding="ascii", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow([name for name, _ in table.columns])
                writer.writerows(table.rows)
            lines += [
                f"## {table.name}.csv",
                "",
                f"{table.holds[:1].upper()}{table.holds[1:]}.",
                "",
            ]
            lines += ["| column | meaning |", "|---|---|"]
            lines += [f"| {name} | {meaning} |" for name, meaning in table.columns]
            lines += [""]
        (folder / "README.md").write_text("\n".join(lines), encoding="ascii", newline="\n")


def shown_address(script_pubkey: bytes) -> str:
    """The regtest address of a script, empty where it has none."""
    return address(script_pubkey, REGTEST) or ""


def shown_txid(txid: bytes) -> str:
    """Display hex of a txid in internal order."""
    return format_hash(txid)
