"""Publishes camera frames, image files, JSON and CDR ten times a second, until it is ended.

    python3 interop/gateway/cameras.py ZENOH_ENDPOINT FOLDER

The pixels of each camera are in FOLDER/FORMAT.raw, row by row without what pads the rows.
"""

import json
import os
import struct
import sys
import time
import zlib

import capnp
import zenoh

endpoint, folder = sys.argv[1], sys.argv[2]
WIDTH, HEIGHT, PAD = 48, 30, 8

schemas = "serialization-bridge/capnproto/src/main/capnp"
frames = capnp.load(f"{schemas}/frames.capnp", imports=[schemas])


def row(pixel, y):
    return b"".join(pixel(x, y) for x in range(WIDTH))


def save(name, data):
    path = os.path.join(folder, name)
    with open(path + ".part", "wb") as file:
        file.write(data)
    os.rename(path + ".part", path)


FORMATS = {
    "rgb8": lambda x, y: bytes([5 * x, 8 * y, 40]),
    "bgr8": lambda x, y: bytes([40, 8 * y, 5 * x]),
    "rgba8": lambda x, y: bytes([5 * x, 8 * y, 40, 255]),
    "mono8": lambda x, y: bytes([4 * x + y]),
    "mono16": lambda x, y: struct.pack("<H", 1000 * x + y),
    "yuyv": lambda x, y: bytes([4 * x + y, 100 if x % 2 == 0 else 150]),
}


def camera(name, rows, step, format):
    frame = frames.CameraFrame.new_message(widthPixels=WIDTH, heightPixels=HEIGHT, rowByteSize=step, format=format)
    frame.frameId, frame.captureTimeNanos = "front", time.time_ns()
    frame.pixels = rows
    return frame.to_bytes()


topics = {}
for name, pixel in FORMATS.items():
    rows = [row(pixel, y) for y in range(HEIGHT)]
    save(f"{name}.raw", b"".join(rows))
    padded = b"".join(each + bytes(PAD) for each in rows)
    topics[f"camera/{name}"] = (camera(name, padded, len(rows[0]) + PAD, name), "application/capnproto")

# Smooth, so that a JPEG of it is near.
luma = b"".join(bytes(60 + 2 * x + y for x in range(WIDTH)) for y in range(HEIGHT))
chroma = b"".join(bytes([110, 140]) * (WIDTH // 2) for _ in range(HEIGHT // 2))
save("nv12.raw", luma)
topics["camera/nv12"] = (camera("nv12", luma + chroma, WIDTH, "nv12"), "application/capnproto")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 2, 0, 0, 0))
png += chunk(b"IDAT", zlib.compress(b"\0\xff\0\0\0\xff\0")) + chunk(b"IEND", b"")
save("file.raw", png)
topics["camera/file"] = (png, "image/png")
topics["robot/pose"] = (b'{"x":1.5}', "application/json")
ROS = "0/chatter/std_msgs::msg::dds_::String_/RIHS01_df668c740482bbd48fb39d76a70dfd4bd59db1288021743503259e948f6b1a18"
topics[ROS] = (b"\0\1\0\0\6\0\0\0hello\0", "application/cdr")

config = zenoh.Config()
config.insert_json5("connect/endpoints", json.dumps([endpoint]))
config.insert_json5("scouting/multicast/enabled", "false")
session = zenoh.open(config)
save("ready", b"")
while True:
    for key, (payload, encoding) in topics.items():
        session.put(key, payload, encoding=encoding)
    time.sleep(0.1)
