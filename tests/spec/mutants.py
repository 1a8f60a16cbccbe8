"""mutants.py PROOF FOLDER: writes changed copies of a proof made with the context "second", and prints their names.

The regions are those of docs/formats.md, section 5: magic, version, profile, digest, context, visibility, values,
messages.
"""
import sys

CONTEXT_AT = 41
MESSAGES_AT = 54  # after the context, two visibility bytes and a value of at most 4 bytes; at least into the roots


def flipped(data, place, bit=0):
    changed = bytearray(data)
    changed[place] ^= 1 << bit
    return bytes(changed)


def mutants(data):
    size, visibility = len(data), CONTEXT_AT + len("second")
    yield "magic", flipped(data, 0)
    yield "version", flipped(data, 4)
    yield "profile", flipped(data, 6)
    yield "digest", flipped(data, 20)
    yield "context", flipped(data, CONTEXT_AT)
    yield "visibility", flipped(data, visibility)
    yield "value", flipped(data, visibility + 2, 1)
    yield "large-value", data[: visibility + 2] + b"\xff\xff\xff\x7f" + data[visibility + 5 :]
    yield "root", flipped(data, MESSAGES_AT + 20)
    yield "lookup-message", flipped(data, MESSAGES_AT + 500, 3)
    yield "not-canonical", data[: MESSAGES_AT + 800] + b"\xff" * 16 + data[MESSAGES_AT + 816 :]
    yield "leaf", flipped(data, size // 2, 5)
    yield "last-path", flipped(data, size - 1, 7)
    yield "cut-by-one", data[:-1]
    yield "half", data[: size // 2]
    yield "header-only", data[:30]
    yield "empty", b""
    yield "longer", data + b"\0"


def main(source, folder):
    with open(source, "rb") as file:
        data = file.read()
    for name, changed in mutants(data):
        with open("%s/%s" % (folder, name), "wb") as file:
            file.write(changed)
        print(name)


main(sys.argv[1], sys.argv[2])
