#!/usr/bin/env python3
"""Checks an evidence bundle of inspect-app from itself alone: no network, no installation, Python 3.9 or newer only.

    python3 verify_evidence.py BUNDLE.json [--photos FOLDER] [--key HEX] [--head HEAD] [--stamps FOLDER]

Exit 0: everything in the bundle is what the signed head of the log covers. Exit 1: the first thing that is not is named.
--stamps  a folder that does not exist yet: the authority's time stamps in the bundle are written there, each beside the bytes
          that it stamps, for `openssl ts -verify` (the line to type is printed)
--photos  a folder of original photos; each file whose hash the bundle names must be whole, and every photo must be there
--key     the installation's public key, known from elsewhere; without it the key in the bundle is taken
--head    a head that was kept outside: the text of the QR code on a document, its size and root, the block of the daily
          mail, or the file that came with it; the bundle's log must begin with what it signed

It is written apart from the program that made the bundle and shares no line with it.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import shlex
import sys
from pathlib import Path
from typing import Any, Dict, Tuple  # Python 3.9 evaluates aliases

FORMAT = "inspect-app-evidence/1"
Json = Dict[str, Any]
Point = Tuple[int, int, int, int]


class Wrong(Exception):
    """What is wrong: a code, the place, a sentence."""

    def __init__(self, code: str, place: str, says: str) -> None:
        super().__init__(f"{code}: {place}: {says}")
        self.code, self.place, self.says = code, place, says


# Canonical JSON (RFC 8785) without floats.


def canonical(value: Any) -> str:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(canonical(key) + ":" + canonical(value[key]) for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        raise TypeError("a number with a fraction")
    return json.dumps(value, ensure_ascii=False)


# Ed25519 (RFC 8032), verification only.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(factor: int, point: Point) -> Point:
    found = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            found = add(found, point)
        point, factor = add(point, point), factor >> 1
    return found


def same(one: Point, other: Point) -> bool:
    return not ((one[0] * other[2] - other[0] * one[2]) % P or (one[1] * other[2] - other[1] * one[2]) % P)


def point_of(data: bytes) -> Point:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("not a point")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point_of(bytes([0x58]) + bytes([0x66]) * 31)


def signed_by(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        known, found = point_of(key), point_of(signature[:32])
    except ValueError:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    if len(key) != 32 or len(signature) != 64 or scalar >= ORDER:
        return False
    digest = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    return same(times(scalar, BASE), add(found, times(digest, known)))


# The hash tree of RFC 6962, by RFC 9162, 2.1.3.2 and 2.1.4.2.


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right)


def root_of(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes | None:
    if not 0 <= index < size:
        return None
    place, last, found = index, size - 1, leaf
    for other in proof:
        if last == 0:
            return None
        if place & 1 or place == last:
            found = node(other, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node(found, other)
        place, last = place >> 1, last >> 1
    return found if last == 0 else None


def grew(old: Json, size: int, root: bytes, proof: list[bytes]) -> bool:
    """Whether a log that had old["size"] lines and old["root"] grew into the one of `size` and `root`."""
    first = bytes.fromhex(old["root"])
    if old["size"] == 0:
        return not proof and first == sha256(b"")
    if old["size"] >= size:
        return old["size"] == size and first == root and not proof
    path = proof if old["size"] & (old["size"] - 1) else [first, *proof]
    if not path:
        return False
    place, last = old["size"] - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node(other, before), node(other, after)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            after = node(after, other)
        place, last = place >> 1, last >> 1
    return last == 0 and (before, after) == (first, root)


# The checks, in their order; each raises Wrong or answers a sentence.


def hashes(values: list[str]) -> list[bytes]:
    return [bytes.fromhex(value) for value in values]


def check_head(head: Json, key: str, place: str) -> None:
    content = {name: head[name] for name in ("day", "size", "root", "time", "key")}
    if key and head["key"] != key:
        raise Wrong("key", place, "it is signed with another key than the one given")
    if not signed_by(
        bytes.fromhex(head["key"]), canonical(content).encode(), bytes.fromhex(head["signature"])
    ):
        raise Wrong("signature", place, "the signature does not fit")


def check_heads(bundle: Json, key: str, printed: tuple[int, str] | None) -> str:
    head = bundle["head"]
    check_head(head, key, "head")
    for number, old in enumerate(bundle["heads"]):
        check_head(old, head["key"], f"heads[{number}]")
        if not grew(old, head["size"], bytes.fromhex(head["root"]), hashes(old["proof"])):
            raise Wrong(
                "history", f"heads[{number}]", f"the log of {old['day']} is not the beginning of this log"
            )
    if printed:
        known = [(one["size"], one["root"]) for one in (head, *bundle["heads"])]
        if printed not in known:
            raise Wrong("printed", "head", "the printed head is not among those of the bundle")
    return f"head of {head['day']}: signed, {head['size']} lines; {len(bundle['heads'])} earlier heads lead to it"


def stamped_by(head: Json) -> bytes | None:
    """The authority's answer over a head (RFC 3161, DER), None without one."""
    return base64.b64decode(head["stamp"], validate=True) if "stamp" in head else None


def stamped_of(head: Json) -> bytes:
    """What is stamped: the canonical JSON of a head with its signature."""
    names = ("day", "size", "root", "time", "key", "signature")
    return canonical({name: head[name] for name in names}).encode()


def check_stamps(bundle: Json) -> str:
    """Whether each stamp names its head. Who signed it is `openssl ts -verify`'s to say."""
    stamps = 0
    for place, head in (
        ("head", bundle["head"]),
        *((f"heads[{n}]", one) for n, one in enumerate(bundle["heads"])),
    ):
        answer = stamped_by(head)
        if answer is not None and sha256(stamped_of(head)) not in answer:
            raise Wrong("stamp", place, "the time stamp is over something else")
        stamps += answer is not None
    return f"{stamps} time stamps over these heads (their signatures are checked by openssl, see --stamps)"


def unpack_stamps(bundle: Json, folder: Path) -> list[str]:
    """Write every stamp and what it stamps; answers the commands that check them."""
    folder.mkdir()
    commands = []
    for number, head in enumerate((bundle["head"], *bundle["heads"])):
        answer = stamped_by(head)
        if answer is not None:
            data, stamp = (folder / f"head-{number}.{ending}" for ending in ("json", "tsr"))
            data.write_bytes(stamped_of(head))
            stamp.write_bytes(answer)
            files = f"-data {shlex.quote(str(data))} -in {shlex.quote(str(stamp))}"
            commands.append(f"openssl ts -verify -CAfile AUTHORITY.pem {files}")
    return commands


def check_lines(bundle: Json) -> str:
    head, before = bundle["head"], -1
    for number, one in enumerate(bundle["lines"]):
        leaf = sha256(b"\x00" + canonical(one["line"]).encode())
        if root_of(leaf, one["index"], head["size"], hashes(one["proof"])) != bytes.fromhex(head["root"]):
            raise Wrong("line", f"lines[{number}]", f"line {one['index']} of the log is not what was signed")
        if one["index"] <= before:
            raise Wrong(
                "line", f"lines[{number}]", "the lines do not stand in the order of the log, each once"
            )
        before = one["index"]
    return f"{len(bundle['lines'])} lines of the log: all covered by the head"


def about(bundle: Json) -> str:
    return "inspection:" + bundle["inspection"]  # type: ignore[no-any-return]


def lines_of(bundle: Json, *actions: str) -> list[Json]:
    return [one["line"] for one in bundle["lines"] if one["line"]["action"] in actions]


def own_lines(bundle: Json, *actions: str) -> list[Json]:
    """Those about the inspection itself: the log's other inspections have lines as good as these."""
    return [line for line in lines_of(bundle, *actions) if line["subject"] == about(bundle)]


def check_record(bundle: Json) -> str:
    if all(one["line"]["subject"] != about(bundle) for one in bundle["lines"]):
        raise Wrong("inspection", "inspection", "no line of the log is about it")
    told = own_lines(bundle, "inspections.approved", "inspections.score_told")
    if bundle["record"] is None and not told:
        return "the record is not approved yet"
    digest = hashlib.sha256(canonical(bundle["record"]).encode()).hexdigest()
    if not told or told[-1]["detail"]["content"] != digest:
        raise Wrong("record", "record", "its content is not the one that was approved")
    return "the record is the one that was approved"


def check_operations(bundle: Json) -> str:
    operations, place = bundle["operations"], 0
    for line in own_lines(bundle, "inspections.operations_taken"):
        detail = line["detail"]
        part = operations[place : place + detail["count"]]
        text = "".join(f"{one['n']}:{one['id']}:{one['sha256']}\n" for one in part)
        if detail["first"] != place + 1 or hashlib.sha256(text.encode()).hexdigest() != detail["digest"]:
            raise Wrong(
                "operations", f"operations[{place}]", "these are not the operations that the log took in"
            )
        place += detail["count"]
    if place != len(operations):
        raise Wrong("operations", f"operations[{place}]", "the log knows nothing of it")
    return f"{place} operations: as they were taken in"


def check_witnesses(bundle: Json) -> None:
    """What devices signed of their photos is what the log took in; its verdict on the signature was given then."""
    names = ("facts", "key", "signature", "verdict")
    said = {(line["subject"], *(line["detail"][name] for name in names))
            for line in lines_of(bundle, "photos.witnessed")}  # fmt: skip
    for number, photo in enumerate(bundle["photos"]):
        if "witness" in photo:
            one = photo["witness"]
            facts = hashlib.sha256(one["facts"].encode()).hexdigest()
            told = {**one, "facts": facts}
            if ("photo:" + photo["sha256"], *(told[name] for name in names)) not in said:
                raise Wrong("witness", f"photos[{number}]", "the log took in another word of its device")


def check_photos(bundle: Json, folder: Path | None) -> str:
    stored = {(line["subject"], line["detail"]["size"]) for line in lines_of(bundle, "photos.stored")}
    for number, photo in enumerate(bundle["photos"]):
        if ("photo:" + photo["sha256"], photo["size"]) not in stored:
            raise Wrong("photo", f"photos[{number}]", "the log does not say that it was taken in")
    check_witnesses(bundle)
    if folder is None:
        return f"{len(bundle['photos'])} photos: named by the log (files not given)"
    given = {hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}
    for number, photo in enumerate(bundle["photos"]):
        if photo["sha256"] not in given:
            raise Wrong("file", f"photos[{number}]", f"no file has the hash {photo['sha256']}")
    return f"{len(bundle['photos'])} photos: every file has its hash"


def printed_head(text: str) -> tuple[int, str]:
    """Size and root of a head as it was printed or mailed, white space and groups of digits as they come."""
    parts = text.lower().split()
    if parts[:1] == ["inspect-app-head/1"]:
        size, digits, wanted = "".join(parts[2:3]), "".join(parts[4:]), 256
    else:
        size, digits, wanted = "".join(parts[:1]), "".join(parts[1:]), 64
    if not size.isdigit() or len(digits) != wanted or set(digits) - set("0123456789abcdef"):
        raise Wrong("usage", "--head", "not the text of a printed head")
    return int(size), digits[:64]


def head_given(given: str) -> str:
    """The text itself, or what is in the file of that name."""
    short = len(given) < 250  # the text of a head is longer, and longer than a name may be
    return Path(given).read_text("utf-8") if short and Path(given).is_file() else given


def once(pairs: list[tuple[str, Any]]) -> Json:
    """An object of JSON. Two values under one name: one reader sees the first, another the last."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def verify(bundle: Json, key: str = "", head: str = "", folder: Path | None = None) -> list[str]:
    """What was checked, as sentences. Raises Wrong."""
    try:
        if bundle["format"] != FORMAT:
            raise Wrong("format", "format", f"not {FORMAT}")
        return [
            check_heads(bundle, key.lower(), printed_head(head) if head else None),
            check_stamps(bundle),
            check_lines(bundle),
            check_record(bundle),
            check_operations(bundle),
            check_photos(bundle, folder),
        ]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise Wrong("format", "bundle", f"not a bundle as it is written ({error})") from None


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--stamps", type=Path)
    parser.add_argument("--key", default="")
    parser.add_argument("--head", default="")
    given = parser.parse_args()
    try:
        bundle = json.loads(given.bundle.read_text("utf-8"), object_pairs_hook=once)
        print("\n".join(verify(bundle, given.key, head_given(given.head), given.photos)))
        print(
            "".join(f"{line}\n" for line in unpack_stamps(bundle, given.stamps)) if given.stamps else "",
            end="",
        )
        print(f"OK  key {bundle['head']['key']}")
    except (OSError, ValueError, RecursionError) as error:
        sys.exit(f"WRONG  format: {given.bundle}: it cannot be read ({error})")
    except Wrong as wrong:
        sys.exit(f"WRONG  {wrong}")


if __name__ == "__main__":
    main()
