"""A peer of PythonTest: the package iceoryx2 of PyPI on the other side.

Usage: peer.py publish|subscribe PREFIX SERVICE COUNT SIZE; says what it does, a line each.
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
service = (
    node.service_builder(iox2.ServiceName.new(SERVICE))
    .publish_subscribe(iox2.Slice[ctypes.c_uint8])
    .enable_safe_overflow(False)
    .max_publishers(1)
    .max_subscribers(1)
    .open()
)


def say(line):
    print(line, flush=True)


if ROLE == "publish":
    publisher = service.publisher_builder().initial_max_slice_len(SIZE).create()
    say("open")
    # What is sent before a reader has looked once is lost beyond its buffer.
    sys.stdin.readline()
    for value in range(COUNT):
        sample = publisher.loan_slice_uninit(SIZE)
        ctypes.memset(sample.payload().as_ptr(), value, SIZE)
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
        value += 1
        sample.delete()
    say(f"received {value}")
