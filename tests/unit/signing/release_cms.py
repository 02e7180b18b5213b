"""What one signer of a detached CMS has signed, taken apart here: writes `message` (RFC 5652 5.4: the
signed attributes as a SET) and `signature`, and holds the message digest against the content.

Usage: release_cms.py CMS CONTENT DIGEST (such as sha512)
"""
import hashlib
import sys


def items(data):
    """[(tag, contents, whole)] of DER."""
    found, at = [], 0
    while at < len(data):
        start, tag, size, at = at, data[at], data[at + 1], at + 2
        if size & 128:
            octets = size & 127
            size, at = int.from_bytes(data[at:at + octets], "big"), at + octets
        found.append((tag, data[at:at + size], data[start:at + size]))
        at += size
    return found


def main():
    with open(sys.argv[1], "rb") as f:
        info = items(items(f.read())[0][1])
    signed_data = items(items(info[1][1])[0][1])
    assert [i[0] for i in signed_data] == [2, 0x31, 0x30, 0xA0, 0x31]
    assert len(items(signed_data[2][1])) == 1, "the content stands elsewhere"
    signers = items(signed_data[4][1])
    assert len(signers) == 1
    attributes, signature = (items(signers[0][1])[i] for i in (3, 5))
    assert attributes[0] == 0xA0 and signature[0] == 4
    digests = [items(items(a[1])[1][1])[0][1] for a in items(attributes[1])
               if items(a[1])[0][1].hex() == "2a864886f70d010904"]
    with open(sys.argv[2], "rb") as f:
        assert digests == [hashlib.new(sys.argv[3], f.read()).digest()]
    with open("message", "wb") as f:
        f.write(b"\x31" + attributes[2][1:])
    with open("signature", "wb") as f:
        f.write(signature[1])


main()
