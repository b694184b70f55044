"""Asset protocols that ride on small outputs: Omni, Open Assets and Runes.

Sources: the Omni Layer specification, class C (a data output that begins with "omni", a reference
output of 546 sat to the payee); the Open Assets Protocol specification (a marker output "OA" 0x0100
with quantities, issued coloured outputs before it, transferred ones after it, 600 sat each); the
Runes documentation of ord (OP_RETURN OP_13 with a payload; runes sit on outputs of 546 sat).
"""

import struct
from collections.abc import Sequence

from peelchain.simulate.joint import Part, submit_joint
from peelchain.simulate.ledger import Address, Output, Shape
from peelchain.simulate.transaction import data_script, output_vbytes
from peelchain.simulate.wallet import DUST_SAT, Wallet

OMNI_SAT = 546
COLOURED_SAT = 600
RUNE_SAT = 546

_MARKER = bytes.fromhex("4f410100")
_RUNE_HEAD = b"\x6a\x5d"
_TETHER = 31


def send_omni(wallet: Wallet, to: Address) -> bool:
    """An Omni simple send to the address; whether the wallet could pay for it."""
    rng = wallet.ledger.rng
    payload = b"omni" + struct.pack(">HHIQ", 0, 0, _TETHER, rng.randrange(10**8, 10**13))
    data = Output(data_script(payload), 0)
    reference = Output(to, OMNI_SAT)
    return _submit(wallet, "omni", [data, reference], change_at=rng.choice((0, 1, 2)))


def send_open_assets(wallet: Wallet, to: Sequence[Address], *, issues: bool) -> bool:
    """Coloured outputs to the addresses, issued or transferred; whether it could be paid."""
    rng = wallet.ledger.rng
    quantities = b"".join(_leb128(rng.randrange(1, 100_000)) for _ in to)
    marker = Output(data_script(_MARKER + bytes((len(to),)) + quantities + b"\x00"), 0)
    coloured = [Output(address, COLOURED_SAT) for address in to]
    outputs = [*coloured, marker] if issues else [marker, *coloured]
    return _submit(wallet, "open_assets", outputs, change_at=len(outputs))


def send_runes(wallet: Wallet, to: Sequence[Address]) -> bool:
    """Runes to the addresses, or a mint where there is one only; whether it could be paid."""
    rng = wallet.ledger.rng
    payload = _leb128(rng.randrange(20)) + _leb128(rng.randrange(840_000, 860_000))
    payload += rng.randbytes(2 * min(len(to), 20))
    data = Output(data_script(payload, _RUNE_HEAD), 0)
    runes = [Output(address, RUNE_SAT) for address in to]
    outputs = [data, *runes] if rng.random() < 0.5 else [*runes, data]
    return _submit(wallet, "runes", outputs, change_at=len(outputs))


def _submit(wallet: Wallet, shape: Shape, outputs: list[Output], change_at: int) -> bool:
    chosen = wallet.choose([(output.to, output.value_sat) for output in outputs])
    if chosen is None:
        return False
    excess = wallet.excess(chosen, [(output.to, output.value_sat) for output in outputs])
    change_to = wallet.change_address([])
    change = excess - int(wallet.rate * output_vbytes(change_to.script))
    if change > DUST_SAT:
        outputs = [
            *outputs[:change_at], Output(change_to, change, is_change=True), *outputs[change_at:]
        ]  # fmt: skip
    locktime, sequence = wallet.lock_fields()
    submit_joint(
        wallet.ledger,
        [Part(wallet, tuple(chosen))],
        outputs,
        kind="payment",
        shape=shape,
        order="as_given",
        version=wallet.habits.version,
        locktime=locktime,
        sequence=sequence,
    )
    return True


def _leb128(number: int) -> bytes:
    parts = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        parts.append(low | (0x80 if number else 0))
        if not number:
            return bytes(parts)
