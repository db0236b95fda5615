"""A peer of PythonTest: the package iceoryx2 of PyPI on the other side.

Usage: peer.py ROLE PREFIX SERVICE COUNT SIZE; says what it does, a line each. ROLE is publish,
subscribe, either with -header (a user header beside each message), serve, ask, or capnp, which reads
one Cap'n Proto message where it lies.
"""

import ctypes
import sys
import time

import iceoryx2 as iox2

ROLE, PREFIX, SERVICE = sys.argv[1:4]
COUNT, SIZE = int(sys.argv[4]), int(sys.argv[5])
LONG = 60

iox2.set_log_level(iox2.LogLevel.Error)
config = iox2.config.global_config()
config.global_cfg.prefix = iox2.FileName.new(PREFIX)
node = (
    iox2.NodeBuilder.new()
    .signal_handling_mode(iox2.SignalHandlingMode.Disabled)
    .config(config)
    .create(iox2.ServiceType.Ipc)
)
builder = node.service_builder(iox2.ServiceName.new(SERVICE))
BYTES = iox2.Slice[ctypes.c_uint8]


class Stamp(ctypes.Structure):
    """The user header."""

    _fields_ = [("time", ctypes.c_uint64), ("sequence", ctypes.c_uint64)]


HAS_HEADER = ROLE.endswith("-header")
if ROLE in ("serve", "ask"):
    service = builder.request_response(BYTES, BYTES).open()
else:
    builder = builder.publish_subscribe(BYTES)
    if HAS_HEADER:
        builder = builder.user_header(Stamp)
    service = (
        builder.enable_safe_overflow(False).max_publishers(1).max_subscribers(1).open()
    )


def say(line):
    print(line, flush=True)


def await_one(receive):
    """What comes next."""
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline:
        got = receive()
        if got is not None:
            return got
        time.sleep(0.0005)
    raise TimeoutError


def check(what, payload, value):
    got = ctypes.string_at(payload.as_ptr(), payload.len())
    if got != bytes([value]) * SIZE:
        say(f"{what} {value} has {len(got)} bytes and begins with {got[:8]!r}")


def filled(loan, value):
    ctypes.memset(loan.payload().as_ptr(), value, SIZE)
    return loan.assume_init()


if ROLE == "serve":
    server = service.server_builder().initial_max_slice_len(SIZE).create()
    say("open")
    for value in range(COUNT):
        request = await_one(server.receive)
        check("request", request.payload(), value)
        filled(request.loan_slice_uninit(SIZE), value + 1).send()
        request.delete()
    say("served")
    sys.stdin.readline()
elif ROLE == "ask":
    client = service.client_builder().initial_max_slice_len(SIZE).create()
    say("open")
    for value in range(COUNT):
        pending = filled(client.loan_slice_uninit(SIZE), value).send()
        response = await_one(pending.receive)
        check("response", response.payload(), value + 1)
        response.delete()
        pending.delete()
    say("asked")
elif ROLE == "capnp":
    import os
    import tempfile

    import capnp

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "frame.capnp")
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                "@0xb1a5b2f0c9d8e7a6;\nstruct Frame { sequence @0 :UInt64; pixels @1 :Data; }\n"
            )
        schema = capnp.load(path)
    subscriber = service.subscriber_builder().create()
    say("open")
    sample = await_one(subscriber.receive)
    payload = sample.payload()
    address = ctypes.cast(payload.as_ptr(), ctypes.c_void_p).value
    view = (ctypes.c_uint8 * payload.len()).from_address(address)
    with schema.Frame.from_bytes(view) as frame:
        pixels = frame.pixels
        whole = pixels == bytes(i % 251 for i in range(SIZE))
        say(f"sequence={frame.sequence} pixels={len(pixels)} whole={whole}")
elif ROLE.startswith("publish"):
    publisher = service.publisher_builder().initial_max_slice_len(SIZE).create()
    say("open")
    # What is sent before a reader has looked once is lost beyond its buffer.
    sys.stdin.readline()
    for value in range(COUNT):
        sample = publisher.loan_slice_uninit(SIZE)
        ctypes.memset(sample.payload().as_ptr(), value, SIZE)
        if HAS_HEADER:
            sample.user_header().contents.time = 1000 + value
            sample.user_header().contents.sequence = value
        # Waits while the buffer is full.
        sample.assume_init().send()
    say("sent")
    sys.stdin.readline()
else:
    subscriber = service.subscriber_builder().create()
    say("open")
    deadline = time.monotonic() + LONG
    value = 0
    while value < COUNT and time.monotonic() < deadline:
        sample = subscriber.receive()
        if sample is None:
            time.sleep(0.001)
            continue
        payload = sample.payload()
        got = ctypes.string_at(payload.as_ptr(), payload.len())
        if got != bytes([value]) * SIZE:
            say(f"message {value} has {len(got)} bytes and begins with {got[:8]!r}")
        if HAS_HEADER:
            stamp = sample.user_header().contents
            if (stamp.time, stamp.sequence) != (1000 + value, value):
                say(f"message {value} has time={stamp.time} sequence={stamp.sequence}")
        value += 1
        sample.delete()
    say(f"received {value}")
