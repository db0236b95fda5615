"""Reads messages of Segue with pycapnp and with C++'s `capnp`, and writes theirs for Segue to read.

usage: check.py SCHEMA_DIRECTORY MESSAGES_OF_SEGUE MESSAGES_FOR_SEGUE

Both directories hold files named frame-N….bin (N pixel bytes) and cloud-N….bin (N fields), whose content is that of
InteropMessages.java.
"""

import pathlib
import subprocess
import sys

import capnp

capnp.remove_import_hook()
LIMIT = 1 << 40


def pixels(count):
    return bytes((i * 31 + 7) & 0xFF for i in range(count))


def fill_frame(frame, count):
    frame.captureTimeNanos = 1_700_000_000_123_456_789
    frame.sequence = 42
    frame.frameId = "camera/front"
    frame.widthPixels = 640
    frame.heightPixels = 480
    frame.rowByteSize = 640 * 3
    frame.format = "bgr8"
    frame.pixels = pixels(count)


def check_frame(frame, count):
    assert frame.captureTimeNanos == 1_700_000_000_123_456_789
    assert frame.sequence == 42
    assert frame.frameId == "camera/front"
    assert (frame.widthPixels, frame.heightPixels, frame.rowByteSize) == (640, 480, 640 * 3)
    assert frame.format == "bgr8"
    assert frame.pixels == pixels(count)


def fill_cloud(cloud, count):
    cloud.frameId = "lidar/top"
    cloud.pointCount = count
    for i, field in enumerate(cloud.init("fields", count)):
        field.name = f"field {i}"
        field.byteOffset = 4 * i
        field.element = "float32"


def check_cloud(cloud, count):
    assert cloud.frameId == "lidar/top"
    assert cloud.pointCount == count
    assert len(cloud.fields) == count
    for i, field in enumerate(cloud.fields):
        assert (field.name, field.byteOffset, field.element) == (f"field {i}", 4 * i, "float32")


def main(schema_directory, from_segue, for_segue):
    schema = pathlib.Path(schema_directory, "frames.capnp")
    frames = capnp.load(str(schema), imports=[schema_directory])
    kinds = {
        "frame": (frames.CameraFrame, "CameraFrame", fill_frame, check_frame),
        "cloud": (frames.PointCloud, "PointCloud", fill_cloud, check_cloud),
    }

    def capnp_tool(action, struct, data):
        command = ["capnp", action, "-I", schema_directory, str(schema), struct]
        return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout

    files = sorted(pathlib.Path(from_segue).glob("*.bin"))
    assert files, f"no message in {from_segue}"
    for file in files:
        name, count = file.stem.split("-")[:2]
        kind, struct, _, check = kinds[name]
        data = file.read_bytes()
        segments = 1 + int.from_bytes(data[:4], "little")
        with kind.from_bytes(data, traversal_limit_in_words=LIMIT) as message:
            check(message, int(count))
        print(f"pycapnp read {file.name}: segments={segments}")
        # What C++ understood, encoded by C++ again: Segue reads that and checks every field.
        text = capnp_tool("decode", struct, data)
        again = capnp_tool("encode", struct, text)
        pathlib.Path(for_segue, f"{file.stem}-by-cpp.bin").write_bytes(again)
        print(f"capnp decoded and encoded {file.name}")

    for name, counts in {"frame": (0, 1, 100, 1_000_003), "cloud": (0, 3, 5000)}.items():
        kind, _, fill, _ = kinds[name]
        for count in counts:
            message = kind.new_message()
            fill(message, count)
            pathlib.Path(for_segue, f"{name}-{count}-by-pycapnp.bin").write_bytes(message.to_bytes())
            small = kind.new_message(num_first_segment_words=1)
            fill(small, count)
            pathlib.Path(for_segue, f"{name}-{count}-small-by-pycapnp.bin").write_bytes(small.to_bytes())


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
