#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Orders of contraction side by side: compare.py PATH_BENCH FOLDER [SECONDS [SEARCH ..]]

log10 of the multiplications (and seconds) of our searches, of opt_einsum's greedy and random-greedy-128 and, if it is installed, of cotengra's
auto-hq and of its hyper-optimizer over greedy orders, with the same budget of SECONDS (default 5) per network for each; only of those
searches whose names contain a SEARCH, if any are given. Networks are written by networks.py; small ones come first. One thread each. Our
budget is wall time, Python's is processor time, so that a busy machine does not cut it short. Each result is also a line of standard
error as soon as it is there.
"""
import collections
import math
import pathlib
import re
import subprocess
import sys
import time

import opt_einsum

try:
    import cotengra
    import cotengra.hyperoptimizers.hyper
    import cotengra.presets
except ImportError:
    cotengra = None


def read(file):
    lines = [[int(word) for word in line.split()] for line in file.read_text().split("\n")[:-1]]
    return lines[1:-1], lines[-1], dict(enumerate(lines[0]))


def flops(tensors, output, extents, ssa):
    """From the definition: the product of the extents on both tensors, summed over the steps."""
    count = collections.Counter(x for t in tensors for x in set(t))
    count.update(set(output))
    living = dict(enumerate({x: 1 for x in t} for t in tensors))
    total = 0
    for step, (a, b) in enumerate(ssa):
        a, b = living.pop(a), living.pop(b)
        legs = {x: a.get(x, 0) + b.get(x, 0) for x in (*a, *b)}
        total += math.prod(extents[x] for x in legs)
        living[len(tensors) + step] = {x: c for x, c in legs.items() if c < count[x]}
    return math.log10(total)


def ours(program, method, file, seconds):
    out = subprocess.run([program, method, "flops", "1", str(seconds), str(file)], capture_output=True, text=True, check=True)
    words = out.stdout.split()
    return float(words[1]), float(words[3])


def timed(tensors, output, extents, search):
    start = time.process_time()
    ssa = search([frozenset(t) for t in tensors], frozenset(output), extents)
    return flops(tensors, output, extents, ssa), time.process_time() - start


def greedy(inputs, output, extents):
    return opt_einsum.paths.ssa_greedy_optimize(inputs, output, extents)


def random_greedy(inputs, output, extents):
    optimizer = opt_einsum.path_random.RandomGreedy(max_repeats=128)
    return opt_einsum.paths.linear_to_ssa(optimizer(inputs, output, extents))


class ProcessorClock:
    """What cotengra takes for the module `time`."""

    time = staticmethod(time.process_time)


def cotengra_greedy(seconds):
    def search(inputs, output, extents):
        optimizer = cotengra.HyperOptimizer(
            methods=["greedy"], minimize="flops", max_time=seconds, max_repeats=10**6, parallel=False,
            reconf_opts={}, progbar=False)
        return cotengra_search(optimizer, inputs, output, extents)

    return search


def cotengra_hq(seconds):
    def search(inputs, output, extents):
        optimizer = cotengra.presets.AutoHQOptimizer(
            minimize="flops", max_time=seconds, max_repeats=10**6, parallel=False, cache=False, optimal_cutoff=100)
        return cotengra_search(optimizer, inputs, output, extents)

    return search


def cotengra_search(optimizer, inputs, output, extents):
    tree = optimizer.search([tuple(map(sym, t)) for t in inputs], tuple(map(sym, output)),
                            {sym(x): extent for x, extent in extents.items()})
    return tree.get_ssa_path()


def sym(x):
    return chr(0x4E00 + x if x < 20000 else 0x20000 + x)


def searches(program, file, seconds):
    """(name, largest network, search of (tensors, output, extents)) of all that are compared."""
    for method in ("greedy", "auto", "auto-hq"):
        yield f"einfold {method}", math.inf, lambda *_, method=method: ours(program, method, file, seconds)
    yield "opt_einsum greedy", math.inf, lambda *network: timed(*network, greedy)
    yield "opt_einsum random-greedy-128", 1000, lambda *network: timed(*network, random_greedy)
    if cotengra:
        yield "cotengra auto-hq", math.inf, lambda *network: timed(*network, cotengra_hq(seconds))
        yield "cotengra greedy", math.inf, lambda *network: timed(*network, cotengra_greedy(seconds))


def main():
    program, folder = sys.argv[1:3]
    if cotengra:
        cotengra.hyperoptimizers.hyper.time = ProcessorClock
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 5.0
    wanted = sys.argv[4:] or [""]
    rows = collections.defaultdict(lambda: collections.defaultdict(list))
    files = [(*read(file), file) for file in sorted(pathlib.Path(folder).glob("*.txt"))]
    for tensors, output, extents, file in sorted(files, key=lambda f: len(f[0])):
        row = rows[re.sub(r"^(random-\d+)-\d+$", r"\1", file.stem)]
        for name, largest, search in searches(program, file, seconds):
            # of the random sets a quarter where the budget is spent on each
            enough = name.startswith("cotengra") and len(row[name]) == 5
            if len(tensors) > largest or enough or not any(word in name for word in wanted):
                continue
            row[name].append(search(tensors, output, extents))
            print(file.stem, name, *row[name][-1], sep="\t", file=sys.stderr, flush=True)
    names = list(dict.fromkeys(name for row in rows.values() for name in row if row[name]))
    print("| network | " + " | ".join(names) + " |")
    print("|" + " --- |" * (len(names) + 1))
    for group, row in rows.items():
        cells = []
        for name in names:
            values = row.get(name)
            if not values:
                cells.append("-")
                continue
            cost, spent = (sum(v) / len(values) for v in zip(*values))
            some = f" (first {len(values)})" if len(values) < max(map(len, row.values())) else ""
            cells.append(f"{cost:.2f} ({spent:.3g} s){some}")
        print(f"| {group} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
