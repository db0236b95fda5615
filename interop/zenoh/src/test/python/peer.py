"""zenoh-python and pycapnp on the other side of a test.

usage: peer.py SCHEMA_DIRECTORY subscribe LANE ENDPOINT COUNT     prints a line per frame received
       peer.py SCHEMA_DIRECTORY publish   LANE ENDPOINT COUNT     publishes frames, then waits for its input to end

LANE is `network` or `shm`. Both connect to ENDPOINT. A frame has PIXELS bytes, (7 * i + sequence) modulo 256 at i.
"""

import pathlib
import sys
import threading
import zlib

import capnp
import zenoh

capnp.remove_import_hook()
KEY = "interop/frame"
PIXELS = 1_000_003


def pixels(sequence):
    period = bytes((7 * i + sequence) & 0xFF for i in range(256))
    return (period * (PIXELS // 256 + 1))[:PIXELS]


def main(schema_directory, role, lane, endpoint, count):
    schema = pathlib.Path(schema_directory, "frames.capnp")
    frames = capnp.load(str(schema), imports=[schema_directory])
    shared = str(lane == "shm").lower()
    config = zenoh.Config.from_json5(
        f"{{mode:'peer',scouting:{{multicast:{{enabled:false}}}},listen:{{endpoints:[]}},"
        f"connect:{{endpoints:['{endpoint}']}},transport:{{shared_memory:{{enabled:{shared},"
        "transport_optimization:{enabled:false}}}}"
    )
    with zenoh.open(config) as session:
        if role == "subscribe":
            subscribe(session, frames, int(count))
        else:
            publish(session, frames, lane, int(count))


def subscribe(session, frames, count):
    subscriber = session.declare_subscriber(KEY, zenoh.handlers.FifoChannel(64))
    print("ready", flush=True)
    for _ in range(count):
        sample = subscriber.recv()
        data = sample.payload.to_bytes()
        with frames.CameraFrame.from_bytes(data, traversal_limit_in_words=1 << 40) as frame:
            print(
                f"frame sequence={frame.sequence} id={frame.frameId} pixels={len(frame.pixels)} "
                f"right={frame.pixels == pixels(frame.sequence)} encoding={sample.encoding} "
                f"attachment={sample.attachment.to_string()} crc32={zlib.crc32(data)} high={sample.priority == zenoh.Priority.DATA_HIGH}",
                flush=True,
            )


def publish(session, frames, lane, count):
    publisher = session.declare_publisher(
        KEY, encoding="application/capnp", congestion_control=zenoh.CongestionControl.BLOCK
    )
    matching = threading.Event()
    publisher.declare_matching_listener(lambda status: matching.set() if status.matching else None)
    if publisher.matching_status.matching:
        matching.set()
    assert matching.wait(30), "no subscriber"
    pool = zenoh.shm.ShmProvider.default_backend(64 << 20) if lane == "shm" else None
    for sequence in range(count):
        message = frames.CameraFrame.new_message()
        message.sequence = sequence
        message.frameId = "python"
        message.pixels = pixels(sequence)
        data = message.to_bytes()
        if pool:
            loan = pool.alloc(len(data), policy=zenoh.shm.BlockOn(zenoh.shm.GarbageCollect()))
            loan[:] = data
            publisher.put(loan, attachment=f"frame {sequence}")
        else:
            publisher.put(data, attachment=f"frame {sequence}")
    print("published", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    main(*sys.argv[1:])
