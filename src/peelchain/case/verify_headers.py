"""Checks the label of a peelchain evidence bundle and its headers; verify.py runs it first.

Start reading at `check_headers`, the last function. The headers lead from the network's first
block, or from a named checkpoint, to the tip of the case; each has the proof of work that the rules
ask for, and their work adds up to what the case says. `facts` is the `Evidence` of verify.py.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

NETWORKS = """
mainnet 000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f 1d00ffff retarget 00 05 bc
testnet3 000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943 1d00ffff own 6f c4 tb
testnet4 00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043 1d00ffff own 6f c4 tb
signet 00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6 1e0377ae retarget 6f c4 tb
regtest 0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206 207fffff fixed 6f c4 bcrt
"""  # first block, easiest target, difficulty rule, first byte of P2PKH and P2SH addresses, bech32
PINNED = """
mainnet 295000 00000000000000004d9b4ef50f0f9d686fd69db2e03af35a100370c64632a983
mainnet 840000 0000000000000000000320283a032748cef8227873ff4872689bf23f1cda83a5
"""  # blocks that every node knows; one of them fixes all blocks before it
PERIOD = 2016  # blocks between two changes of the difficulty


def need(holds: object, what: str) -> None:
    """Fails, saying what, unless the condition holds."""
    if not holds:
        raise AssertionError(what[:300])


def fields(value: Any, names: str) -> list[Any]:
    """The values of an object that has exactly these fields."""
    need(type(value) is dict and set(value) == set(names.split()), f"fields must be {names}")
    return [value[name] for name in names.split()]


def sha256d(data: bytes) -> bytes:
    """Bitcoin's hash: SHA-256, twice."""
    return sha256(sha256(data).digest()).digest()


def retarget(target: int, seconds: int, limit: int) -> int:
    """The next target, compact: the last 2016 blocks' time sets it, within a factor of four."""
    target = min(target * min(max(seconds, 302400), 4838400) // 1209600, limit)
    size = target.bit_length() // 8 + 1
    return size << 24 | (target << 24 >> 8 * size)


def check_case(facts: Any) -> None:
    """The case is of this format and of a known network, and the bag is labelled with it."""
    bagit = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    need(facts.read("bagit.txt") == bagit, "is not the declaration of BagIt 1.0")
    facts.case = dict(facts.read_json("data/case.json"))
    names = "format version network date_utc software case tip headers parameters policy"
    form, version, network, date, software = fields(facts.case, names)[:5]
    need((form, version) == ("peelchain-evidence", 1), "is not of a format known here")
    known = {line.split()[0]: line.split() for line in NETWORKS.split("\n")[1:-1]}
    need(network in known, f"network {network!a} is not known here")
    facts.network = known[network]
    sizes = [len(data) for name, data in facts.files.items() if name.startswith("data/")]
    info = f"Bagging-Date: {date[:10]}\nPayload-Oxum: {sum(sizes)}.{len(sizes)}\n"
    agent = "Bag-Software-Agent: {} {}\n".format(*fields(software, "name version"))
    need(facts.read("bag-info.txt") == agent + info, f"should say {agent + info!a}")
    if "data/software.json" in facts.files:
        said, hashes = facts.read_json("data/software.json"), "[0-9a-f]{64}"
        files = fields(said, "files name version")[0]
        need({**software, "files": files} == said, "is other software than data/case.json has")
        need(all(re.fullmatch(hashes, files[name]) for name in files), "files: not all are hashes")
        facts.checked["software files"] = len(files)


def check_start(facts: Any) -> tuple[int, int]:
    """Sets the height of the first header; gives the work and difficulty claimed before it.

    A bundle with all headers claims nothing. One that begins at a checkpoint names that block and
    the work of the chain up to it, which only a node can tell; so it is said what is unchecked.
    """
    facts.where, headers = "data/case.json", facts.case["headers"]
    if headers["from_height"] == 0:
        fields(headers, "from_height count")
        return 0, int(facts.network[2], 16)
    facts.first, _, start = fields(headers, "from_height count checkpoint")
    block, work = fields(start, "hash chainwork")
    right = facts.first % PERIOD == 0 or facts.network[3] == "fixed"
    need(right, f"headers may begin at a multiple of {PERIOD} alone")
    facts.where = f"data/headers.bin height {facts.first}"
    first = facts.header(facts.first, 0, 80)
    need(len(first) == 80 and sha256d(first)[::-1].hex() == block, f"is not checkpoint {block}")
    bits = int.from_bytes(first[72:76], "little")
    target = (bits & 0x7FFFFF) << 8 * (bits >> 24) >> 24
    need(target, "target is out of range")
    return int(work, 16) - (1 << 256) // (target + 1), bits


def check_headers(facts: Any) -> None:
    """The label and all headers; raises AssertionError where one does not hold."""
    check_case(facts)
    work, bits = check_start(facts)
    name, genesis, easiest, rule = facts.network[:4]
    pinned = {(net, int(at)): block for net, at, block in map(str.split, PINNED.split("\n")[1:-1])}
    limit = int(easiest[2:], 16) << 8 * (int(easiest[:2], 16) - 3)
    previous, target, fixed = b"", limit, facts.first == 0
    count, rest = divmod(len(facts.files.get("data/headers.bin", b"")), 80)
    for height in range(facts.first, facts.first + count):
        facts.where = f"data/headers.bin height {height}"
        if rule == "retarget" and height > facts.first and height % PERIOD == 0:
            seconds = facts.time(height - 1) - facts.time(height - PERIOD)
            bits = retarget(target, seconds, limit)
        claim = int.from_bytes(facts.header(height, 72, 76), "little")
        need(claim == bits or rule == "own", "difficulty is not what the rule gives")
        target = (claim & 0x7FFFFF) << 8 * (claim >> 24) >> 24
        need(0 < target <= limit and not claim & 0x800000, "target is out of range")
        before = previous or (bytes(32) if height == 0 else facts.header(height, 4, 36))
        need(facts.header(height, 4, 36) == before, "does not follow the one before")
        previous = sha256d(facts.header(height, 0, 80))
        need(int.from_bytes(previous, "little") <= target, "has too little proof of work")
        known = pinned.get((name, height)) if height else genesis
        need(known in (None, previous[::-1].hex()), f"is not the block of {name}")
        fixed |= known is not None
        work += (1 << 256) // (target + 1)
        facts.hashes[height] = previous
    facts.where = "data/headers.bin"
    need(count and not rest, "is cut short")
    facts.where, last = "data/case.json", facts.first + count - 1
    tip = {"height": last, "hash": previous[::-1].hex(), "chainwork": f"{work:064x}"}
    need(facts.case["tip"] == tip, f"the tip of the headers is {tip}")
    need(facts.case["headers"]["count"] == count, "headers: are others")
    facts.checked["headers"] = count
    if facts.first:
        start = facts.case["headers"]["checkpoint"]
        how = "a block known here fixes it" if fixed else "NO block known here fixes it: ask a node"
        facts.unchecked.append(
            f"headers before checkpoint {facts.first} {start['hash']}: they are not here, nor is "
            f"their work of {start['chainwork']}; {how}"
        )
