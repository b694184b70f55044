"""Tracing forward in plain Python, as one would write it for speed: a heap, dicts and ints."""

import heapq

from peelchain.store.arrays import ChainArrays

Runs = list[tuple[int, int]]


def pro_rata(arrays: ChainArrays, seed: int, max_txs: int) -> dict[int, int]:
    """Satoshis by output where they rest, -1 for all fees; the walk stops after so many."""
    value, spender = memoryview(arrays.txout_value), memoryview(arrays.txout_spender)
    held = {seed: value[seed]}
    rested: dict[int, int] = {-1: 0}
    for inputs, outputs in _visits(arrays, held, rested, max_txs):
        weights = [value[output] for output in outputs]
        total = sum(held.pop(txout, 0) for txout in inputs)
        weights.append(sum(value[txout] for txout in inputs) - sum(weights))
        shares = _shared(total, weights)
        rested[-1] += shares[-1]
        for output, share in zip(outputs, shares, strict=False):
            (rested if spender[output] < 0 else held)[output] = share
    return {txout: sat for txout, sat in (rested | held).items() if sat}


def index_fifo(arrays: ChainArrays, seed: int, max_txs: int) -> dict[int, int]:
    """The same under index-FIFO."""
    value, spender = memoryview(arrays.txout_value), memoryview(arrays.txout_spender)
    held: dict[int, Runs] = {seed: [(0, value[seed])]}
    rested: dict[int, Runs] = {-1: []}
    for inputs, outputs in _visits(arrays, held, rested, max_txs):
        line: Runs = []
        start = 0
        for txout in inputs:
            line += [(start + a, start + b) for a, b in held.pop(txout, ())]
            start += value[txout]
        ends = start
        at = start = 0
        for output in [*outputs, -1]:
            end = ends if output < 0 else start + value[output]
            runs: Runs = []
            while at < len(line) and line[at][0] < end:
                a, b = line[at]
                runs.append((a - start, min(b, end) - start))
                if b > end:
                    line[at] = (end, b)
                    break
                at += 1
            if output < 0:
                rested[-1] += runs
            else:
                (rested if spender[output] < 0 else held)[output] = runs
            start = end
    sums = {txout: sum(b - a for a, b in runs) for txout, runs in (rested | held).items()}
    return {txout: sat for txout, sat in sums.items() if sat}


def _visits(arrays: ChainArrays, held: dict, rested: dict, max_txs: int):
    """The inputs and outputs of each transaction in turn that value reaches."""
    spender, prevout = memoryview(arrays.txout_spender), memoryview(arrays.txin_prev_txout)
    first_in, first_out = memoryview(arrays.tx_first_txin), memoryview(arrays.tx_first_txout)
    heap = [spender[txout] for txout in held]
    waiting = set(heap)
    for _ in range(max_txs):
        if not heap:
            return
        tx = heapq.heappop(heap)
        waiting.discard(tx)
        outputs = range(first_out[tx], first_out[tx + 1])
        yield prevout[first_in[tx] : first_in[tx + 1]].tolist(), outputs
        for output in outputs:
            by = spender[output]
            if by >= 0 and by not in waiting:
                waiting.add(by)
                heapq.heappush(heap, by)


def _shared(total: int, weights: list[int]) -> list[int]:
    whole = sum(weights)
    products = [divmod(total * weight, whole) for weight in weights]
    shares = [share for share, _ in products]
    left = total - sum(shares)
    if left:
        for at in sorted(range(len(weights)), key=lambda at: (-products[at][1], at))[:left]:
            shares[at] += 1
    return shares
