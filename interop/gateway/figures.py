"""Loads a gateway and measures it: see interop/gateway/figures.

    python3 interop/gateway/figures.py events PORT PID ZENOH_ENDPOINT SECONDS CONNECTIONS
    python3 interop/gateway/figures.py camera PORT PID ZENOH_ENDPOINT SECONDS
"""

import json
import os
import selectors
import socket
import struct
import sys
import threading
import time

import zenoh

figure, port, pid, endpoint, seconds = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], float(sys.argv[5])
TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20


def cpu():
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident():
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))


def metrics():
    with socket.create_connection(("127.0.0.1", port), timeout=20) as peer:
        peer.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        data = b""
        while piece := peer.recv(65536):
            data += piece
    values = {}
    for line in data.decode().splitlines():
        if line and not line.startswith("#") and " " in line:
            name, _, value = line.rpartition(" ")
            try:
                values[name] = float(value)
            except ValueError:
                pass
    return values


def events(count):
    config = zenoh.Config()
    config.insert_json5("connect/endpoints", json.dumps([endpoint]))
    config.insert_json5("scouting/multicast/enabled", "false")
    session = zenoh.open(config)
    empty = resident()
    selector = selectors.DefaultSelector()
    for i in range(count):
        # One address may have some thousands of connections.
        peer = socket.create_connection(("127.0.0.1", port), source_address=(f"127.0.0.{2 + i // 4000}", 0), timeout=30)
        peer.sendall(b"GET /topics/tick?stream=sse HTTP/1.1\r\nHost: localhost\r\n\r\n")
        peer.setblocking(False)
        selector.register(peer, selectors.EVENT_READ)
        if i % 500 == 0:
            drain(selector, 0)
    drain(selector, 2)
    stop = threading.Event()
    sent = [0]

    def publish():
        while not stop.wait(1):
            sent[0] += 1
            session.put("tick", json.dumps({"n": sent[0]}), encoding="application/json")

    publisher = threading.Thread(target=publish)
    publisher.start()
    drain(selector, 5)
    before, begun, at = cpu(), sent[0], time.monotonic()
    received = drain(selector, seconds)
    used, elapsed, published = cpu() - before, time.monotonic() - at, sent[0] - begun
    stop.set()
    publisher.join()
    after = resident()
    print(f"events: {count} connections, {published} samples in {elapsed:.1f} s, {received} events received "
          f"({100 * received / (published * count):.1f} %), CPU {100 * used / elapsed:.0f} % of one core "
          f"({1e6 * used / max(1, received):.1f} us an event), resident {empty} -> {after} MiB "
          f"({(after - empty) * 1024 / count:.1f} KiB a connection)", flush=True)
    if received < 0.95 * (published - 1) * count:
        sys.exit("events were lost")
    session.close()


def drain(selector, duration):
    """Reads whatever comes; gives the number of events."""
    count, end = 0, time.monotonic() + duration
    while True:
        left = end - time.monotonic()
        for key, _ in selector.select(max(0, min(left, 0.1))):
            data = key.fileobj.recv(65536)
            if not data:
                sys.exit("a stream ended")
            count += data.count(b"event: sample")
        if left <= 0:
            return count


class Viewer(threading.Thread):
    """A client of HTTP/2 with clear text that reads as fast as it can."""

    def __init__(self):
        super().__init__(daemon=True)
        self.bytes = 0
        self.peer = socket.create_connection(("127.0.0.1", port), timeout=30)

    @staticmethod
    def frame(kind, flags, stream, payload=b""):
        return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload

    @staticmethod
    def literal(name, value):
        return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value

    def receive(self, buffer):
        try:
            return self.peer.recv_into(buffer)
        except OSError:
            return 0  # It was closed.

    def run(self):
        block = self.literal(b":method", b"GET") + self.literal(b":scheme", b"http")
        block += self.literal(b":path", b"/topics/robot/camera?stream=frames&backlog=2")
        block += self.literal(b":authority", b"localhost")
        window = (1 << 31) - 1
        self.peer.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                          + self.frame(4, 0, 0, struct.pack(">HIHI", 4, window, 5, MIB))
                          + self.frame(4, 1, 0)
                          + self.frame(8, 0, 0, struct.pack(">I", window - 65535))
                          + self.frame(1, 5, 1, block))
        buffer, since = bytearray(4 * MIB), 0
        while n := self.receive(buffer):
            self.bytes += n
            since += n
            if since > 256 * MIB:
                update = struct.pack(">I", since)
                self.peer.sendall(self.frame(8, 0, 0, update) + self.frame(8, 0, 1, update))
                since = 0


def camera():
    deadline = time.monotonic() + 60
    while metrics().get("segue_samples_total", 0) < 60:
        if time.monotonic() > deadline:
            sys.exit("no frames come")
        time.sleep(0.2)
    for count in (1, 8):
        viewers = [Viewer() for _ in range(count)]
        for each in viewers:
            each.start()
        time.sleep(3)
        before, used, at = metrics(), cpu(), time.monotonic()
        bytes_before = sum(each.bytes for each in viewers)
        time.sleep(seconds)
        after, used, elapsed = metrics(), cpu() - used, time.monotonic() - at
        received = sum(each.bytes for each in viewers) - bytes_before

        def grew(name):
            return after.get(name, 0) - before.get(name, 0)

        samples = grew("segue_samples_total")
        if samples == 0:
            sys.exit("no frame came")
        frame_bytes = grew("segue_sample_bytes_total") / samples
        copied = {name.split('"')[1]: round(grew(name) / MIB / elapsed, 1) for name in after
                  if name.startswith("segue_copied_bytes_total") and grew(name) > MIB}
        print(f"camera: {count} client(s), {samples / elapsed:.1f} frames/s of {frame_bytes / MIB:.2f} MiB came, "
              f"each client got {received / frame_bytes / elapsed / count:.1f} frames/s, {received / elapsed / 1e9:.2f} GB/s "
              f"in all, CPU {100 * used / elapsed:.0f} % of one core ({used / (received / 1e9):.2f} s/GB), "
              f"dropped {grew('segue_stream_dropped_total') / elapsed:.0f}/s, missed {grew('segue_samples_missed_total') / elapsed:.1f}/s, "
              f"copied MiB/s {copied}, resident {resident()} MiB", flush=True)
        for each in viewers:
            each.peer.close()
        time.sleep(1)


if figure == "events":
    events(int(sys.argv[6]))
else:
    camera()
