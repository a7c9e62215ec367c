"""The hash tree of RFC 6962 against its definition, for every size up to 200."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_app.domain import merkle

MOST = 200
LEAVES = [merkle.leaf_hash(str(n).encode()) for n in range(MOST)]


def naive(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive(leaves[:k]) + naive(leaves[k:])).digest()


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*naive_path(m, leaves[:k]), naive(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive(leaves[:k])]


def naive_proof(m: int, leaves: list[bytes], *, known: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2, word for word."""
    if m == len(leaves):
        return [] if known else [naive(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*naive_proof(m, leaves[:k], known=known), naive(leaves[k:])]
    return [*naive_proof(m - k, leaves[k:], known=False), naive(leaves[:k])]


ROOTS = [naive(LEAVES[:size]) for size in range(MOST + 1)]


def test_the_roots_that_others_published() -> None:
    """The test tree of the Certificate Transparency reference implementation."""
    data = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    leaves = [merkle.leaf_hash(bytes.fromhex(text)) for text in data]
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaves[0].hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle.root(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_roots_and_paths_equal_the_definition_for_every_size() -> None:
    growing = merkle.Growing()
    for size in range(MOST + 1):
        assert (
            merkle.root(LEAVES[:size]) == ROOTS[size] == growing.root() == merkle.Tree(LEAVES[:size]).root()
        )
        growing.add(LEAVES[size % MOST])
    for size in range(1, MOST + 1):
        for index in {0, 1, size // 3, size // 2, size - 2, size - 1} & set(range(size)):
            proof = merkle.Tree(LEAVES[:size]).inclusion(index)
            assert proof == naive_path(index, LEAVES[:size])
            assert merkle.root_of_inclusion(LEAVES[index], index, size, proof) == ROOTS[size]


def test_consistency_between_every_two_sizes() -> None:
    for size in range(1, MOST + 1):
        for old in {1, 2, 3, size // 2, size - 1, size} & set(range(1, size + 1)):
            proof = merkle.Tree(LEAVES[:size]).consistency(old)
            assert proof == naive_proof(old, LEAVES[:size])
            assert merkle.consistent(old, ROOTS[old], size, ROOTS[size], proof)
            assert not merkle.consistent(old, ROOTS[old - 1], size, ROOTS[size], proof)
            assert not merkle.consistent(old, ROOTS[old], size, ROOTS[size - 1], proof)
    assert merkle.consistent(0, ROOTS[0], 5, ROOTS[5], [])
    assert not merkle.consistent(0, ROOTS[1], 5, ROOTS[5], [])
    assert not merkle.consistent(0, ROOTS[0], 5, ROOTS[5], [LEAVES[0]])


@given(st.integers(1, MOST), st.data())
def test_a_changed_path_leads_elsewhere(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.Tree(LEAVES[:size]).inclusion(index)
    changes: list[tuple[bytes, list[bytes]]] = [(merkle.leaf_hash(b"other"), proof)]
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        changes += [(LEAVES[index], [*proof[:place], bytes(32), *proof[place + 1 :]])]
    assert all(merkle.root_of_inclusion(leaf, index, size, path) != ROOTS[size] for leaf, path in changes)
    for path in (proof[:-1], [*proof, bytes(32)]):
        if path != proof:
            with pytest.raises(ValueError):
                merkle.root_of_inclusion(LEAVES[index], index, size, path)


@given(st.integers(1, MOST), st.data())
def test_a_changed_consistency_proof_is_refused(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    proof = merkle.Tree(LEAVES[:size]).consistency(old)
    for path in (proof[:-1], [*proof, bytes(32)], [bytes(32), *proof[1:]]):
        assert path == proof or not merkle.consistent(old, ROOTS[old], size, ROOTS[size], path)


def test_what_lies_beyond_the_tree_is_an_error() -> None:
    for call in (
        lambda: merkle.Tree(LEAVES[:3]).inclusion(3),
        lambda: merkle.Tree(LEAVES[:3]).consistency(0),
        lambda: merkle.Tree(LEAVES[:3]).consistency(4),
    ):
        with pytest.raises(IndexError):
            call()
    for index in (1, 7, -1):  # its path has the right length, so that only the number gives it away
        with pytest.raises(ValueError, match="of 1"):
            merkle.root_of_inclusion(LEAVES[0], index, 1, [])


def test_the_chain_binds_order_number_and_content() -> None:
    one = merkle.link_hash(merkle.START, 1, LEAVES[0])
    assert one == hashlib.sha256(b"\x02" + bytes(32) + (1).to_bytes(8, "big") + LEAVES[0]).digest()
    assert len({one, merkle.link_hash(merkle.START, 2, LEAVES[0]), merkle.link_hash(one, 1, LEAVES[0])}) == 3
