"""All headers of a chain, fetched and held against the rule of difficulty."""

from dataclasses import replace

import pytest
from tests.chain.crafted import HARDER, genesis, grow, pay
from tests.electrum_server import ServedChain, line, serving

from peelchain.chain.partial.electrum import ElectrumSource
from peelchain.chain.partial.electrum_place import endpoint_of
from peelchain.chain.partial.header_chain import chainwork, check_follows, fetch_headers
from peelchain.chain.partial.sitting import EnoughError, sit_down
from peelchain.chain.partial.vault import Vault
from peelchain.errors import FalseAnswerError
from peelchain.network import MAINNET, NETWORKS, REGTEST
from peelchain.script import sha256d

BLOCKS = grow([genesis()], 30)
CHAIN = ServedChain(block.raw for block in BLOCKS)


def header(*, parent=bytes(32), time=0, bits=0x1D00FFFF):
    times = time.to_bytes(4, "little") + bits.to_bytes(4, "little")
    return bytes(4) + parent + bytes(32) + times + bytes(4)


def follow(height, first_time, last_time, last_bits, bits, network=MAINNET):
    before = header(time=last_time, bits=last_bits)
    known = {height - 2016: header(time=first_time), height - 1: before}
    given = header(parent=sha256d(before), bits=bits)
    check_follows(given, height, known.get, network, "someone")


# Bitcoin Core, test/pow_tests.cpp: real blocks of mainnet and the limits of the rule
@pytest.mark.parametrize(
    ("height", "first_time", "last_time", "last_bits", "bits"),
    [
        (32_256, 1261130161, 1262152739, 0x1D00FFFF, 0x1D00D86A),
        (2_016, 1231006505, 1233061996, 0x1D00FFFF, 0x1D00FFFF),
        (68_544, 1279008237, 1279297671, 0x1C05A3F4, 0x1C0168FD),
        (46_368, 1263163443, 1269211443, 0x1C387F6F, 0x1D00E1FD),
    ],
)
def test_the_difficulty_changes_as_core_computes_it(height, first_time, last_time, last_bits, bits):
    follow(height, first_time, last_time, last_bits, bits)
    for wrong in (bits + 1, bits - 1):
        with pytest.raises(FalseAnswerError, match=f"{wrong:08x}.*rule gives {bits:08x}"):
            follow(height, first_time, last_time, last_bits, wrong)


def test_the_difficulty_stands_between_two_changes():
    follow(32_300, 0, 5, 0x1D00D86A, 0x1D00D86A)
    with pytest.raises(FalseAnswerError, match="rule gives 1d00d86a"):
        follow(32_300, 0, 5, 0x1D00D86A, 0x1D00FFFF)


@pytest.mark.parametrize("network", ["testnet3", "dogecoin"])
def test_rules_that_are_not_computed_leave_the_difficulty_as_claimed(network):
    follow(32_300, 0, 5, 0x1D00D86A, 0x1D00FFFF, NETWORKS[network])


def test_a_header_that_does_not_follow_is_refused():
    known = {4: header(time=4)}
    with pytest.raises(FalseAnswerError, match="height 5 does not follow"):
        check_follows(header(parent=bytes(31) + b"\1"), 5, known.get, MAINNET, "someone")
    with pytest.raises(FalseAnswerError, match="height 6 does not follow"):
        check_follows(header(), 6, known.get, MAINNET, "someone")


def test_work_is_what_core_counts():
    # a block of difficulty 1 is expected to take 2^32 + 2^16 + 1 hashes, and of regtest 2
    assert chainwork(iter([MAINNET.genesis_header] * 3)) == 3 * 0x100010001
    assert chainwork(iter(CHAIN.headers)) == 2 * 31


def fetched(server, vault, **how):
    source = ElectrumSource(endpoint_of(server.place), vault)
    try:
        return fetch_headers(replace(sit_down(vault, source), **how))
    finally:
        source.close()


@pytest.fixture
def vault(tmp_path):
    with Vault.open(tmp_path / "store", REGTEST) as opened:
        yield opened


def test_all_headers_come_once(vault):
    with serving(CHAIN) as server:
        vault.add_header(CHAIN.headers[7], 7, "someone")
        assert fetched(server, vault) == 31 - 2  # the tip's came with the sitting
        assert vault.headers() == dict(enumerate(CHAIN.headers))
        asked = len(server.requests)
        assert fetched(server, vault) == 0
        assert not any("block.headers" in method for method, _ in server.requests[asked:])


def test_it_goes_on_where_it_was_stopped(vault, monkeypatch):
    monkeypatch.setattr("peelchain.chain.partial.header_chain._AT_ONCE", 10)
    with serving(CHAIN) as server:
        with pytest.raises(EnoughError):
            fetched(server, vault, watch=lambda what, done, of: done < 20)
        assert len(vault.headers()) == 20 + 1
        assert fetched(server, vault) == 10
    assert len(vault.headers()) == 31


def test_a_fork_in_the_middle_is_refused(vault):
    other = ServedChain(block.raw for block in grow(BLOCKS[:15], 16, tag="fork"))

    def twist(request, reply):
        if request["method"] == "blockchain.block.headers":
            first, count = request["params"]
            mixed = CHAIN.headers[first:15] + other.headers[15 : first + count]
            result = {"count": count, "hex": b"".join(mixed).hex(), "max": 2016}
            reply = {**reply, "result": result}
        yield line(reply)

    match = "height 29 is not the parent of the one known"
    with serving(CHAIN, twist=twist) as server, pytest.raises(FalseAnswerError, match=match):
        fetched(server, vault)
    assert set(vault.headers().values()) <= set(CHAIN.headers)


def test_a_difficulty_of_its_own_is_refused(vault):
    harder = ServedChain(block.raw for block in grow(pay(BLOCKS[:10], bits=HARDER), 5))
    match = "height 10 claims the difficulty 1f7fffff"
    with serving(harder) as server, pytest.raises(FalseAnswerError, match=match):
        fetched(server, vault)
