#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the networks of the path benchmark: networks.py FOLDER

Line 1: the extents of all indices. Then one line of indices per tensor, the output last. Every network is determined by its name.
"""
import pathlib
import random
import sys


class Network:
    def __init__(self):
        self.extents, self.tensors, self.output = [], [], []

    def tensor(self):
        self.tensors.append([])
        return len(self.tensors) - 1

    def bond(self, extent, *tensors):
        self.extents.append(extent)
        for t in tensors:
            self.tensors[t].append(len(self.extents) - 1)
        return len(self.extents) - 1

    def text(self):
        lines = [self.extents, *self.tensors, self.output]
        return "\n".join(" ".join(map(str, line)) for line in lines) + "\n"


def rand(n, seed):
    """Mean degree 3, extents 2 to 6, as opt_einsum's rand_equation describes it: both ends of every index in random order, the first n
    of them to one tensor each, every other to a tensor that does not have the index yet."""
    r, net = random.Random(f"random {n} {seed}"), Network()
    net.extents = [r.randint(2, 6) for _ in range(3 * n // 2)]
    net.tensors = [[] for _ in range(n)]
    ends = 2 * list(range(len(net.extents)))
    r.shuffle(ends)
    for at, index in enumerate(ends):
        t = at if at < n else r.choice([t for t in range(n) if index not in net.tensors[t]])
        net.tensors[t].append(index)
    return net


def regular(n, degree, seed):
    r, net = random.Random(f"regular {n} {degree} {seed}"), Network()
    while True:
        stubs = [t for t in range(n) for _ in range(degree)]
        r.shuffle(stubs)
        pairs = {tuple(sorted(stubs[i : i + 2])) for i in range(0, len(stubs), 2)}
        if len(pairs) == n * degree // 2 and all(a != b for a, b in pairs):
            break
    for _ in range(n):
        net.tensor()
    for a, b in sorted(pairs):
        net.bond(2, a, b)
    return net


def lattice(extent, *sides):
    net, strides, n = Network(), [], 1
    for side in sides:
        strides.append(n)
        n *= side
    for _ in range(n):
        net.tensor()
    for t in range(n):
        for side, stride in zip(sides, strides):
            if t // stride % side + 1 < side:
                net.bond(extent, t, t + stride)
    return net


def circuit(qubits, depth, seed):
    """Random two-qubit gates on a line in bricks, all single-qubit ends closed."""
    r, net = random.Random(f"circuit {qubits} {depth} {seed}"), Network()
    wire = [net.tensor() for _ in range(qubits)]
    for layer in range(depth):
        for q in range(layer % 2, qubits - 1, 2):
            if r.random() < 0.1:
                continue
            gate = net.tensor()
            net.bond(2, wire[q], gate)
            net.bond(2, wire[q + 1], gate)
            wire[q] = wire[q + 1] = gate
    for q in range(qubits):
        net.bond(2, wire[q], net.tensor())
    return net


def hyper(n, seed):
    """Every index on 2 to 5 tensors."""
    r, net = random.Random(f"hyper {n} {seed}"), Network()
    for _ in range(n):
        net.tensor()
    for t in range(1, n):
        net.bond(r.randint(2, 3), t, r.randrange(t))
    for _ in range(n // 6):
        net.bond(2, *r.sample(range(n), r.randint(3, 5)))
    return net


def tree(n, seed):
    r, net = random.Random(f"tree {n} {seed}"), Network()
    for t in range(n):
        net.tensor()
        if t:
            net.bond(r.randint(2, 5), r.randrange(max(0, t - 20), t), t)
    for t in r.sample(range(n), 6):
        net.output.append(net.bond(2, t))
    return net


def cliques(n, seed):
    """A tree of groups of 4 to 8 tensors; each group has 3 indices on all of its tensors, and shares one with the group above."""
    r, net, groups = random.Random(f"cliques {n} {seed}"), Network(), []
    while len(net.tensors) < n:
        group = [net.tensor() for _ in range(r.randint(4, 8))]
        for _ in range(3):
            net.bond(r.randint(2, 4), *group)
        if groups:
            above = r.choice(groups[-12:])
            net.bond(r.randint(2, 4), *r.sample(above, 2), *r.sample(group, 2))
        groups.append(group)
    return net


def grid_model(rows, columns, values):
    """A partition function: a variable per site, i.e. an index on up to 5 tensors, a tensor per edge and one per site."""
    net = Network()
    net.extents = [values] * (rows * columns)
    for i in range(rows):
        for j in range(columns):
            site = i * columns + j
            net.tensors.append([site])
            if i + 1 < rows:
                net.tensors.append([site, site + columns])
            if j + 1 < columns:
                net.tensors.append([site, site + 1])
    return net


def all_networks():
    for n in (25, 50, 75, 100):
        for seed in range(20):
            yield f"random-{n}-{seed:02}", rand(n, seed)
    for n in (100, 200, 500, 1000, 4000):
        yield f"regular-{n}", regular(n, 3, 0)
    yield "lattice-16x16", lattice(2, 16, 16)
    yield "lattice-40x40", lattice(2, 40, 40)
    yield "lattice-100x100", lattice(2, 100, 100)
    yield "lattice-5x5x5", lattice(2, 5, 5, 5)
    yield "lattice-10x10x10", lattice(2, 10, 10, 10)
    yield "lattice-6x6x250", lattice(2, 6, 6, 250)
    yield "circuit-20x16", circuit(20, 16, 0)
    yield "circuit-50x20", circuit(50, 20, 0)
    yield "circuit-200x30", circuit(200, 30, 0)
    yield "circuit-400x50", circuit(400, 50, 0)
    yield "hyper-100", hyper(100, 0)
    yield "hyper-400", hyper(400, 0)
    yield "hyper-2000", hyper(2000, 0)
    yield "cliques-300", cliques(300, 0)
    yield "cliques-3000", cliques(3000, 0)
    yield "grid-12x12", grid_model(12, 12, 3)
    yield "grid-50x50", grid_model(50, 50, 2)
    yield "tree-200", tree(200, 0)
    yield "tree-10000", tree(10000, 0)


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, network in all_networks():
        (folder / f"{name}.txt").write_text(network.text())
