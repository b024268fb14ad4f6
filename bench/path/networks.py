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
    """Connected, mean degree 3, extents 2 to 6: a random tree plus random bonds."""
    r, net = random.Random(f"random {n} {seed}"), Network()
    for t in range(n):
        net.tensor()
        if t:
            net.bond(r.randint(2, 6), r.randrange(t), t)
    while len(net.extents) < 3 * n // 2:
        net.bond(r.randint(2, 6), *r.sample(range(n), 2))
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


def all_networks():
    for n in (25, 50, 75, 100):
        for seed in range(20):
            yield f"random-{n}-{seed:02}", rand(n, seed)
    for n in (100, 200, 500, 1000):
        yield f"regular-{n}", regular(n, 3, 0)
    yield "lattice-8x8", lattice(2, 8, 8)
    yield "lattice-16x16", lattice(2, 16, 16)
    yield "lattice-5x5x5", lattice(2, 5, 5, 5)
    yield "lattice-40x40", lattice(2, 40, 40)
    yield "circuit-20x16", circuit(20, 16, 0)
    yield "circuit-50x20", circuit(50, 20, 0)
    yield "circuit-200x30", circuit(200, 30, 0)
    yield "hyper-100", hyper(100, 0)
    yield "hyper-400", hyper(400, 0)
    yield "tree-200", tree(200, 0)
    yield "tree-10000", tree(10000, 0)


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, network in all_networks():
        (folder / f"{name}.txt").write_text(network.text())
