"""The components of a release as three formats say them, each read here by itself: a SUIT envelope
(CBOR), a JWS (compact or general) and the manifest that a CMS was verified over. Equal: exit 0.

Usage: release_digests.py ENVELOPE JWS MANIFEST
"""
import base64
import json
import sys


def item(data, at):
    """One CBOR item (RFC 8949), as far as SUIT has them: (value, where it ends)."""
    head, at = data[at], at + 1
    major, info = head >> 5, head & 31
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(info, 0)
    value = int.from_bytes(data[at:at + size], "big") if size else info
    at += size
    if major == 0:
        return value, at
    if major == 1:
        return -1 - value, at
    if major in (2, 3):
        text = data[at:at + value]
        return (text if major == 2 else text.decode()), at + value
    if major == 4:
        items = []
        for _ in range(value):
            one, at = item(data, at)
            items.append(one)
        return items, at
    if major == 5:
        pairs = {}
        for _ in range(value):
            key, at = item(data, at)
            pairs[key], at = item(data, at)
        return pairs, at
    if major == 6:
        return item(data, at)
    return {20: False, 21: True, 22: None}[value], at


def decoded(data):
    value, end = item(data, 0)
    assert end == len(data), "octets behind the end"
    return value


def of_suit(envelope):
    """{id: (digest algorithm, hex, size, uri)}"""
    manifest = decoded(decoded(envelope)[3])
    common = decoded(manifest[3])
    ids = [component[0].decode() for component in common[2]]
    found, index = {name: [None, None, None, None] for name in ids}, 0
    for sequence in (common[4], manifest[20]):
        commands = decoded(sequence)
        for command, argument in zip(commands[::2], commands[1::2]):
            if command == 12:
                index = argument
            if command == 20:
                one = found[ids[index]]
                if 3 in argument:
                    algorithm, digest = decoded(argument[3])
                    one[0] = {-16: "sha256", -43: "sha384", -44: "sha512"}[algorithm]
                    one[1] = digest.hex()
                one[2] = argument.get(14, one[2])
                one[3] = argument.get(21, one[3])
    return found, manifest[2]


def of_json(manifest):
    found = {}
    for c in manifest["components"]:
        algorithm = next(a for a in ("sha256", "sha384", "sha512") if a in c["digest"])
        found[c["id"]] = [algorithm, c["digest"][algorithm], c["size"], c.get("uri")]
    return found, manifest["sequence"]


def of_jws(text):
    payload = json.loads(text)["payload"] if text.startswith("{") else text.split(".")[1]
    return of_json(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


def main():
    with open(sys.argv[1], "rb") as f:
        suit = of_suit(f.read())
    with open(sys.argv[2]) as f:
        jws = of_jws(f.read())
    with open(sys.argv[3], "rb") as f:
        cms = of_json(json.loads(f.read()))
    print(suit, jws, cms, sep="\n")
    assert suit[0], "no component"
    sys.exit(0 if suit == jws == cms else 1)


main()
