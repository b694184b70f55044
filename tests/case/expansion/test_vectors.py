"""Derivation against the vectors of the BIPs, and against libsecp256k1 called from Python."""

import hashlib
import hmac

import pytest

from peelchain import _core
from peelchain.case.expansion.branches import branches_of_descriptor, branches_of_key
from peelchain.errors import MisuseError
from peelchain.network import MAINNET, TESTNET3
from peelchain.script import address, base58

COMPRESSED = "03a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd"
UNCOMPRESSED = (
    "04a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd"
    "5b8dec5235a0fa8722476c7709c02559e3aa73aa03918ba2d492eea75abea235"
)
A = (
    "xpub6ERApfZwUNrhLCkDtcHTcxd75RbzS1ed54G1LkBUHQVHQKqhMkhgbmJbZRkrgZw4koxb5JaHWkY4ALHY2grBG"
    "RjaDMzQLcgJvLJuZZvRcEL"
)
B = (
    "xpub68NZiKmJWnxxS6aaHmn81bvJeTESw724CRDs6HbuccFQN9Ku14VQrADWgqbhhTHBaohPX4CjNLf9fq9MYo6oD"
    "aPPLPxSb7gwQN3ih19Zm4Y"
)
C = (
    "xpub69H7F5d8KSRgmmdJg2KhpAK8SR3DjMwAdkxj3ZuxV27CprR9LgpeyGmXUbC6wb7ERfvrnKZjXoUmmDznezpbZ"
    "b7ap6r1D3tgFxHmwMkQTPH"
)
BIP_86 = (
    "xpub6BgBgsespWvERF3LHQu6CnqdvfEvtMcQjYrcRzx53QJjSxarj2afYWcLteoGVky7D3UKDP9QyrLprQ3VCECoY4"
    "9yfdDEHGCtMMj92pReUsQ"
)
BIP_84 = (
    "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31"
    "mGDtKsAYz2oz2AGutZYs"
)
BIP_44 = (
    "xpub6BosfCnifzxcFwrSzQiqu2DBVTshkCXacvNsWGYJVVhhawA7d4R5WSWGFNbi8Aw6ZRc1brxMyWMzG3DSSSSoek"
    "kudhUd9yLb6qx39T9nMdj"
)
BIP_49_PRIVATE = (
    "tprv8gRrNu65W2Msef2BdBSUgFdRTGzC8EwVXnV7UGS3faeXtuMVtGfEdidVeGbThs4ELEoayCAzZQ4uUji9DUiAs7e"
    "rdVskqju7hrBcDvDsdbY"
)

SCRIPTS = [
    # BIP 381
    (f"pk({COMPRESSED})", [f"21{COMPRESSED}ac"]),
    (f"pkh({COMPRESSED})", ["76a9149a1c78a507689f6f54b847ad1cef1e614ee23f1e88ac"]),
    # BIP 382
    (f"wpkh({COMPRESSED})", ["00149a1c78a507689f6f54b847ad1cef1e614ee23f1e"]),
    (
        f"wpkh([ffffffff/13']{C}/1/2/*)",
        [
            "0014326b2249e3a25d5dc60935f044ee835d090ba859",
            "0014af0bd98abc2f2cae66e36896a39ffe2d32984fb7",
            "00141fa798efd1cbf95cebf912c031b8a4a6e9fb9f27",
        ],
    ),
    (
        f"wsh(pkh({COMPRESSED}))",
        ["0020338e023079b91c58571b20e602d7805fb808c22473cbc391a41b1bd3a192e75b"],
    ),
    (
        f"wsh(pk({COMPRESSED}))",
        ["00202e271faa2325c199d25d22e1ead982e45b64eeb4f31e73dbdf41bd4b5fec23fa"],
    ),
    (f"sh(wsh(pkh({COMPRESSED})))", ["a914b61b92e2ca21bac1e72a3ab859a742982bea960a87"]),
    # BIP 383
    (
        f"multi(1,{COMPRESSED},{UNCOMPRESSED})",
        [f"5121{COMPRESSED}41{UNCOMPRESSED}52ae"],
    ),
    (
        f"sh(multi(2,[00000000/111'/222]{A},{B}/0))",
        ["a91445a9a622a8b0a1269944be477640eedc447bbd8487"],
    ),
    # BIP 386
    (
        f"tr({COMPRESSED[2:]})",
        ["512077aab6e066f8a7419c5ab714c12c67d25007ed55a43cadcacb4d7a970a093f11"],
    ),
    (
        f"tr({A}/0/*,pk({A}/1/*))",
        [
            "512078bc707124daa551b65af74de2ec128b7525e10f374dc67b64e00ce0ab8b3e12",
            "512001f0a02a17808c20134b78faab80ef93ffba82261ccef0a2314f5d62b6438f11",
            "512021024954fcec88237a9386fce80ef2ced5f1e91b422b26c59ccfc174c8d1ad25",
        ],
    ),
]


@pytest.mark.parametrize(("descriptor", "scripts"), SCRIPTS)
def test_descriptors_give_the_scripts_of_the_standards(descriptor, scripts):
    (branch,) = branches_of_descriptor(descriptor)
    derived = _core.descriptor_scripts(branch.descriptor, 0, len(scripts))
    assert [script.hex() for script in derived] == scripts


def test_combo_is_its_four_scripts():
    branches = branches_of_descriptor(f"combo({COMPRESSED})")
    assert [_core.descriptor_scripts(b.descriptor, 0, 1)[0].hex() for b in branches] == [
        f"21{COMPRESSED}ac",
        "76a9149a1c78a507689f6f54b847ad1cef1e614ee23f1e88ac",
        "00149a1c78a507689f6f54b847ad1cef1e614ee23f1e",
        "a91484ab21b1b2fd065d4504ff693d832434b6108d7b87",
    ]
    assert len(branches_of_descriptor(f"combo({UNCOMPRESSED})")) == 2


@pytest.mark.parametrize(
    ("descriptor", "paths"),
    [
        (f"pk({B}/<0;1>)", [f"pk({B}/0)", f"pk({B}/1)"]),
        (
            f"wpkh([ffffffff/13h]{C}/<1;3>/2/*)",
            [f"wpkh([ffffffff/13']{C}/1/2/*)", f"wpkh([ffffffff/13']{C}/3/2/*)"],
        ),
        (
            f"sh(multi(2,{A}/<1;2;3>/0/*,{B}/0/*,{C}/0/0/<3;4;5>/*))",
            [f"sh(multi(2,{A}/{i}/0/*,{B}/0/*,{C}/0/0/{i + 2}/*))" for i in (1, 2, 3)],
        ),
    ],
)
def test_multipath_descriptors_are_the_paths_of_bip_389(descriptor, paths):
    branches = branches_of_descriptor(descriptor)
    assert [b.descriptor.partition("#")[0].replace("h", "'") for b in branches] == [
        path.replace("h", "'") for path in paths
    ]
    for branch in branches:
        assert _core.descriptor_checksum(branch.descriptor.partition("#")[0]) == branch.descriptor


@pytest.mark.parametrize(
    "descriptor",
    [
        f"pkh([deadbeef/<0;1>]{B}/0)",
        f"wpkh({B}/<>/*)",
        f"wpkh({B}/0>/*)",
        f"wpkh({B}/<0/*)",
        f"wpkh({B}/<0;>/*)",
        f"pkh({B}/<0;1>/<2;3>)",
        f"wpkh({UNCOMPRESSED})",
        f"wsh(pk({UNCOMPRESSED}))",
        f"wsh(wpkh({COMPRESSED}))",
        f"wsh(tr({COMPRESSED[2:]}))",
        f"tr({UNCOMPRESSED})",
        f"multi(a,{COMPRESSED},{UNCOMPRESSED})",
        f"multi(0,{COMPRESSED},{UNCOMPRESSED})",
        f"multi(3,{COMPRESSED},{UNCOMPRESSED})",
        f"wpkh({B}/0'/*)",
        f"wpkh({B}/0/*)#qqqqqqqq",
        "",
        "wpkh()",
    ],
)
def test_what_the_standards_forbid_is_refused(descriptor):
    with pytest.raises(MisuseError) as refused:
        for branch in branches_of_descriptor(descriptor):
            _core.descriptor_scripts(branch.descriptor, 0, 1)
    assert B not in str(refused.value)


def addresses(key, kind, role, count, network=MAINNET):
    (branch,) = [b for b in branches_of_key(key) if b.kind == kind and b.role == role][:1]
    return [address(s, network) for s in _core.descriptor_scripts(branch.descriptor, 0, count)]


def test_account_keys_give_the_addresses_of_bips_44_84_and_86():
    assert addresses(BIP_44, "pkh", "receive", 1) == ["1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA"]
    assert addresses(BIP_84, "wpkh", "receive", 2) == [
        "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu",
        "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g",
    ]
    assert addresses(BIP_84, "wpkh", "change", 1) == ["bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el"]
    assert addresses(BIP_86, "tr", "receive", 2) == [
        "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
        "bc1p4qhjn9zdvkux4e44uhx8tc55attvtyu358kutcqkudyccelu0was9fqzwh",
    ]
    assert addresses(BIP_86, "tr", "change", 1) == [
        "bc1p3qkhfews2uk44qtvauqyr2ttdsw7svhkl9nkm9s9c3x4ax5h60wqwruhk7"
    ]


def payload_of(key):
    payload = base58.decode_check(key)
    assert payload is not None
    return payload


def public_side(private):
    """The extended public key of an extended private one, by libsecp256k1 alone (BIP 32)."""
    coincurve = pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
    payload = payload_of(private)
    key = coincurve.PrivateKey(payload[46:]).public_key.format()
    return base58.encode_check(bytes.fromhex("043587cf") + payload[4:45] + key)


def test_the_vector_of_bip_49_on_testnet():
    key = public_side(BIP_49_PRIVATE)
    assert addresses(key, "sh-wpkh", "receive", 1, TESTNET3) == [
        "2Mww8dCYPUpKHofjgcXcBCEGmniw9CoaiD2"
    ]


def test_children_are_those_that_libsecp256k1_gives():
    coincurve = pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")

    def child(point, chain_code, index):
        data = point.format() + index.to_bytes(4, "big")
        digest = hmac.new(chain_code, data, hashlib.sha512).digest()
        return point.add(digest[:32]), digest[32:]

    payload = payload_of(A)
    account = coincurve.PublicKey(payload[45:]), payload[13:45]
    for step in (0, 1):
        point, chain_code = child(account[0], account[1], step)
        derived = _core.descriptor_scripts(f"pk({A}/{step}/*)", 0, 40)
        expected = [child(point, chain_code, index)[0].format() for index in range(40)]
        assert [script[1:-1] for script in derived] == expected


def test_a_bare_key_is_taken_for_every_kind_of_script_both_ways():
    found = [(b.kind, b.role) for b in branches_of_key(BIP_44)]
    assert found == [
        (kind, role) for kind in ("pkh", "sh-wpkh", "wpkh", "tr") for role in ("receive", "change")
    ]
    assert {b.kind for b in branches_of_key(BIP_84)} == {"wpkh"}


def test_a_key_of_a_multisig_asks_for_the_others():
    payload = payload_of(BIP_84)
    key = base58.encode_check(bytes.fromhex("02aa7ed3") + payload[4:])
    assert key.startswith("Zpub")
    with pytest.raises(MisuseError, match="multisig"):
        branches_of_key(key)


def test_keys_of_slip_132_are_read_inside_descriptors():
    (branch,) = branches_of_descriptor(f"wpkh({BIP_84}/0/*)")
    (first,) = _core.descriptor_scripts(branch.descriptor, 0, 1)
    assert address(first, MAINNET) == "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"
