"""The hash tree of RFC 6962 over leaf hashes: root, inclusion and consistency proofs; and the chain beside it.

Hashes are 32 bytes. A leaf's hash is SHA-256(0x00 + data), a node's SHA-256(0x01 + left + right); the tree of nothing is
SHA-256 of nothing. A link of the chain is SHA-256(0x02 + hash before + number, 8 bytes + leaf).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

START = bytes(32)
"""What stands before the first link of the chain."""


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def link_hash(previous: bytes, number: int, leaf: bytes) -> bytes:
    """The chain's next hash; `number` is the line's own (0 to 2^63 - 1), so that lines cannot change places."""
    return hashlib.sha256(b"\x02" + previous + number.to_bytes(8, "big") + leaf).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The tree's root over leaf hashes in their order."""
    if not leaves:
        return hashlib.sha256().digest()
    level = list(leaves)
    while len(level) > 1:
        level = _above(level)
    return level[0]


def _above(level: list[bytes]) -> list[bytes]:
    """The next level; a node without a neighbour goes up as it is."""
    paired = [node_hash(level[n], level[n + 1]) for n in range(0, len(level) - 1, 2)]
    return paired + level[-1:] if len(level) % 2 else paired


class Growing:
    """The root of a log while it is read once: `add` leaves, ask `root` at any size; memory is a few hashes."""

    def __init__(self) -> None:
        self.size = 0
        self._whole: list[bytes] = []  # roots of the whole subtrees, the largest first

    def add(self, leaf: bytes) -> None:
        self._whole.append(leaf)
        self.size += 1
        size = self.size
        while size % 2 == 0:
            right = self._whole.pop()
            self._whole[-1] = node_hash(self._whole[-1], right)
            size //= 2

    def root(self) -> bytes:
        if not self._whole:
            return root([])
        found = self._whole[-1]
        for left in reversed(self._whole[:-1]):
            found = node_hash(left, found)
        return found


class Tree:
    """A tree that was read whole, for many proofs: every level is kept."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.size = len(leaves)
        self._levels = [list(leaves)]
        while len(self._levels[-1]) > 1:
            self._levels.append(_above(self._levels[-1]))

    def root(self) -> bytes:
        return self._levels[-1][0] if self.size else root([])

    def inclusion(self, index: int) -> list[bytes]:
        """The audit path of the leaf at `index` (RFC 6962, 2.1.1), from below. IndexError beyond the tree."""
        if not 0 <= index < self.size:
            raise IndexError(f"leaf {index} of {self.size}")
        proof = []
        for level in self._levels[:-1]:
            if index ^ 1 < len(level):
                proof.append(level[index ^ 1])
            index //= 2
        return proof

    def consistency(self, old_size: int) -> list[bytes]:
        """That the first `old_size` leaves (at least 1) are the beginning of this tree (RFC 6962, 2.1.2)."""
        if not 1 <= old_size <= self.size:
            raise IndexError(f"{old_size} of {self.size}")
        node, height = old_size - 1, 0
        while node % 2:
            node, height = node // 2, height + 1
        if old_size == self.size:
            return []
        proof = [self._levels[height][node]] if node else []  # a whole subtree is known by its root
        for level in self._levels[height:-1]:
            if node ^ 1 < len(level):
                proof.append(level[node ^ 1])
            node //= 2
        return proof


def root_of_inclusion(leaf: bytes, index: int, size: int, proof: Iterable[bytes]) -> bytes:
    """The root to which a leaf at `index` of `size` leads by its path. ValueError when the path has another length."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} of {size}")
    found, last = leaf, size - 1
    for other in proof:
        if last == 0:
            raise ValueError("the proof is too long")
        if index % 2 or index == last:
            found = node_hash(other, found)
            while not index % 2:
                index, last = index // 2, last // 2
        else:
            found = node_hash(found, other)
        index, last = index // 2, last // 2
    if last:
        raise ValueError("the proof is too short")
    return found


def consistent(old_size: int, old_root: bytes, size: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the old tree is the beginning of the new one (RFC 9162, 2.1.4.2)."""
    if old_size == 0:
        return not proof and old_root == root([])
    if old_size >= size:
        return old_size == size and old_root == new_root and not proof
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    return bool(path) and _climb(old_size - 1, size - 1, path) == (old_root, new_root)


def _climb(first: int, last: int, path: list[bytes]) -> tuple[bytes, bytes] | None:
    """Both roots as they follow from the path; None when its length is wrong."""
    while first % 2:
        first, last = first // 2, last // 2
    old = new = path[0]
    for other in path[1:]:
        if last == 0:
            return None
        if first % 2 or first == last:
            old, new = node_hash(other, old), node_hash(other, new)
            while first and not first % 2:
                first, last = first // 2, last // 2
        else:
            new = node_hash(new, other)
        first, last = first // 2, last // 2
    return (old, new) if last == 0 else None
