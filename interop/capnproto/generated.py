"""Reads messages of generated classes of random schemas with pycapnp, and writes each again for those classes to read.

usage: generated.py DIRECTORY

Below the directory each schema has a directory of its own, with test.capnp, NAME-N.bin, a message of the struct NAME,
and NAME-N.json, what it holds; NAME-N.again is written.
"""

import json
import pathlib
import sys

import capnp

capnp.remove_import_hook()


def check(found, expected, where):
    """pycapnp has numbers where JSON has texts, bytes where it has lists of numbers, and leaves null pointers out."""
    if isinstance(found, bytes):
        found = list(found)
    if isinstance(found, dict):
        for name in expected.keys() | found.keys():
            if name in found or expected.get(name) != "":
                check(found[name], expected[name], f"{where}.{name}")
    elif isinstance(found, list):
        assert len(found) == len(expected), f"{where}: {found} {expected}"
        for i, (one, other) in enumerate(zip(found, expected)):
            check(one, other, f"{where}[{i}]")
    elif isinstance(found, int) and isinstance(expected, str):
        assert str(found) == expected, f"{where}: {found} {expected}"
    else:
        assert found == expected, f"{where}: {found} {expected}"


def main(directory):
    count = 0
    for schema in sorted(directory.glob("*/test.capnp")):
        module = capnp.load(str(schema))
        for path in sorted(schema.parent.glob("*.bin")):
            struct = getattr(module, path.name.split("-")[0])
            with struct.from_bytes(path.read_bytes()) as message:
                values = message.to_dict()
            check(values, json.loads(path.with_suffix(".json").read_text()), str(path))
            path.with_suffix(".again").write_bytes(struct.new_message(**values).to_bytes())
            count += 1
    assert count > 0, "no messages"
    print(f"{count} messages of generated classes: ok")


main(pathlib.Path(sys.argv[1]))
