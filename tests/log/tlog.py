"""C2SP signed-note, tlog-checkpoint, tlog-tiles, tlog-proof and tlog-cosignature, and the tree of
RFC 6962 section 2.1: written from these texts alone, for holding Signet's log against them. Nothing
here is fast, and nothing knows Signet."""

import base64
import hashlib
import re
import urllib.error
import urllib.request

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Wrong(Exception):
    """Something is not as the specification says."""


def must(condition, what):
    if not condition:
        raise Wrong(what)


# ---- RFC 6962 section 2.1 ----


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(n):
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def tree_hash(leaves):
    """MTH, from leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node_hash(tree_hash(leaves[:k]), tree_hash(leaves[k:]))


def inclusion_proof(m, leaves):
    """PATH(m, D[n])"""
    if len(leaves) <= 1:
        return []
    k = split(len(leaves))
    if m < k:
        return inclusion_proof(m, leaves[:k]) + [tree_hash(leaves[k:])]
    return inclusion_proof(m - k, leaves[k:]) + [tree_hash(leaves[:k])]


def root_from_inclusion(index, size, leaf, proof):
    """RFC 9162 section 2.1.3.2"""
    must(index < size, "index beyond the tree")
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        must(sn != 0, "a proof that is too long")
        if fn % 2 == 1 or fn == sn:
            r = node_hash(p, r)
            while fn % 2 == 0 and fn != 0:
                fn >>= 1
                sn >>= 1
        else:
            r = node_hash(r, p)
        fn >>= 1
        sn >>= 1
    must(sn == 0, "a proof that is too short")
    return r


def verify_consistency(old_size, old_root, size, root, proof):
    """RFC 9162 section 2.1.4.2"""
    if old_size == size:
        must(not proof and old_root == root, "another root at the same size")
        return
    if old_size == 0:
        must(not proof, "a proof from the empty tree")
        return
    must(0 < old_size < size, "an old size above the new")
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    must(path, "a proof that is too short")
    fn, sn = old_size - 1, size - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    fr = sr = path[0]
    for c in path[1:]:
        must(sn != 0, "a proof that is too long")
        if fn & 1 or fn == sn:
            fr = node_hash(c, fr)
            sr = node_hash(c, sr)
            while fn & 1 == 0 and fn != 0:
                fn >>= 1
                sn >>= 1
        else:
            sr = node_hash(sr, c)
        fn >>= 1
        sn >>= 1
    must(sn == 0 and fr == old_root and sr == root, "the tree did not grow from the old one")


# ---- notes ----


class Key:
    """A vkey: <name>+<hex key ID>+<base64 of type and key>"""

    def __init__(self, text):
        self.text = text
        name, ident, material = text.split("+", 2)
        raw = base64.b64decode(material, validate=True)
        must(len(raw) == 33 and raw[0] in (1, 4), "not an Ed25519 key")
        self.name, self.type, self.raw = name, raw[0], raw[1:]
        self.id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
        must(self.id.hex() == ident, "the key ID is not that of the key")

    def verify(self, text, signature):
        """The time of a cosignature, or None."""
        at = None
        if self.type == 4:
            must(len(signature) == 72, "a cosignature of another length")
            at = int.from_bytes(signature[:8], "big")
            text = f"cosignature/v1\ntime {at}\n".encode() + text
            signature = signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, text)
        except InvalidSignature:
            raise Wrong(f"the signature of {self.name} does not verify") from None
        return at


def open_note(note, keys):
    """Text, and the names of those keys that signed it. A bad signature of a known key is refused."""
    must(b"\n\n" in note and note.endswith(b"\n"), "not a note")
    at = note.rindex(b"\n\n")
    text, lines = note[: at + 1], note[at + 2 :]
    seen = []
    for line in lines.decode().splitlines():
        match = re.fullmatch(r"— (\S+) ([A-Za-z0-9+/=]+)", line)
        must(match, f"not a signature line: {line}")
        raw = base64.b64decode(match[2], validate=True)
        for key in keys:
            if key.name == match[1] and key.id == raw[:4]:
                key.verify(text, raw[4:])
                seen.append(key.name)
    return text, seen


class Checkpoint:
    def __init__(self, note, keys, required=1):
        self.note = note
        self.text, self.seen = open_note(note, keys)
        must(keys[0].name in self.seen, "the log did not sign it")
        must(len(set(self.seen)) >= required, f"signed by {self.seen} only")
        lines = self.text.decode().split("\n")
        must(len(lines) >= 4 and lines[-1] == "", "not a checkpoint")
        must(lines[0] == keys[0].name, "another log's checkpoint")
        must(re.fullmatch(r"0|[1-9][0-9]*", lines[1]), "not a size")
        self.origin, self.size = lines[0], int(lines[1])
        self.root = base64.b64decode(lines[2], validate=True)
        must(len(self.root) == 32, "not a root")


# ---- tiles ----


def tile_path(level, index, width=256):
    """tile/<L>/<N>[.p/<W>]"""
    parts = [f"{index % 1000:03d}"]
    index //= 1000
    while index > 0:
        parts.insert(0, f"x{index % 1000:03d}")
        index //= 1000
    suffix = "" if width == 256 else f".p/{width}"
    return f"tile/{level}/" + "/".join(parts) + suffix


class Reader:
    def __init__(self, url):
        self.url = url.rstrip("/")
        self.headers = {}

    def get(self, path, expect=200):
        request = urllib.request.Request(f"{self.url}/{path}")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                status, body, self.headers = answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            status, body, self.headers = error.code, error.read(), error.headers
        must(status == expect, f"{path}: {status}, not {expect}: {body[:200]}")
        return body

    def entries(self, size):
        found = []
        for index in range((size + 255) // 256):
            width = min(256, size - index * 256)
            bundle = self.get(tile_path("entries", index, width))
            for _ in range(width):
                n = int.from_bytes(bundle[:2], "big")
                must(len(bundle) >= 2 + n, "an entry bundle that is cut short")
                found.append(bundle[2 : 2 + n])
                bundle = bundle[2 + n :]
            must(not bundle, "octets behind the last entry of a bundle")
        return found

    def check_tiles(self, leaves):
        """Every tile of the tree, whole and partial, holds the hashes of its subtrees."""
        level, hashes, count = 0, leaves, 0
        while hashes:
            for index in range((len(hashes) + 255) // 256):
                want = hashes[index * 256 : index * 256 + 256]
                have = self.get(tile_path(level, index, len(want)))
                must(have == b"".join(want), f"tile {level}/{index} is not of its leaves")
                count += 1
            hashes = [tree_hash(hashes[i : i + 256]) for i in range(0, len(hashes) - 255, 256)]
            level += 1
        return count


def open_proof(text, key):
    """tlog-proof: extra, index, hashes and checkpoint."""
    lines = text.decode().split("\n")
    must(lines[0] == "c2sp.org/tlog-proof@v1", "not a tlog-proof")
    at, extra = 1, b""
    if lines[at].startswith("extra "):
        extra = base64.b64decode(lines[at][6:], validate=True)
        at += 1
    must(lines[at].startswith("index "), "a proof without an index")
    index = int(lines[at][6:])
    at += 1
    hashes = []
    while lines[at]:
        hashes.append(base64.b64decode(lines[at], validate=True))
        at += 1
    return extra, index, hashes, Checkpoint("\n".join(lines[at + 1 :]).encode(), [key])
