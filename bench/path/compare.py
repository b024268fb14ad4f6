#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Orders of contraction side by side: compare.py PATH_BENCH FOLDER [SECONDS]

log10 of the multiplications (and seconds) of our searches, of opt_einsum's greedy and random-greedy-128 and, if it is installed, of cotengra's
auto-hq and of its hyper-optimizer over greedy orders, with a budget of SECONDS (default 5) per network. Networks are written by
networks.py. One thread each. Python's budgets and times are processor seconds, so that a busy machine does not cut them short.
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


def main():
    program, folder = sys.argv[1:3]
    if cotengra:
        cotengra.hyperoptimizers.hyper.time = ProcessorClock
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 5.0
    rows = collections.defaultdict(lambda: collections.defaultdict(list))
    for file in sorted(pathlib.Path(folder).glob("*.txt")):
        tensors, output, extents = read(file)
        group = re.sub(r"^(random-\d+)-\d+$", r"\1", file.stem)
        row = rows[group]
        for method in ("greedy", "auto", "auto-hq"):
            row["einfold " + method].append(ours(program, method, file, seconds))
        row["opt_einsum greedy"].append(timed(tensors, output, extents, greedy))
        if len(tensors) <= 1000:
            row["opt_einsum random-greedy-128"].append(timed(tensors, output, extents, random_greedy))
        # of the random sets a quarter, for the budget is spent on each
        if cotengra and len(row["einfold auto"]) <= 5:
            row["cotengra auto-hq"].append(timed(tensors, output, extents, cotengra_hq(seconds)))
            row["cotengra greedy"].append(timed(tensors, output, extents, cotengra_greedy(seconds)))
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
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
            some = f" (first {len(values)})" if len(values) < len(row["einfold auto"]) else ""
            cells.append(f"{cost:.2f} ({spent:.3g} s){some}")
        print(f"| {group} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
