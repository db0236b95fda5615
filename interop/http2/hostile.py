"""Attacks a server: hostile.py PORT PID_OF_THE_SERVER [--hold SECONDS] [ATTACK…].

Each attack runs beside a client that asks for a small and a larger response all the time. What that client waits for,
and what the server holds in heap, resident memory and threads afterwards, is bounded. --hold says for how long a stream of
each kind is held, 25 s by default.
"""

import os
import socket
import struct
import sys
import threading
import time

import h2.config
import h2.connection
import h2.events
import h2.settings

PORT, PID = int(sys.argv[1]), sys.argv[2]
REST = sys.argv[3:]
HOLD_SECONDS = 25
if "--hold" in REST:
    at = REST.index("--hold")
    HOLD_SECONDS = int(REST[at + 1])
    del REST[at : at + 2]
CHOSEN = set(REST)

MAX_WAIT_SECONDS = 5.0  # of others, on a machine that does other things as well
MAX_HEAP_BYTE_SIZE = 48 << 20  # live, of 128 MiB
MAX_RESIDENT_GROWTH = 400 << 20
MAX_THREAD_COUNT = 80

DATA, HEADERS, PRIORITY, RST, SETTINGS, PING, GOAWAY, WINDOW, CONTINUATION = 0, 1, 2, 3, 4, 6, 7, 8, 9
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
ATTACKS = []


def attack(function):
    ATTACKS.append(function)
    return function


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def block(path, method=b"GET", *more):
    fields = [(b":method", method), (b":scheme", b"http"), (b":path", path), (b":authority", b"a"), *more]
    return b"".join(literal(name, value) for name, value in fields)


def connect(receive_buffer=0):
    peer = socket.socket()
    if receive_buffer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    peer.settimeout(20)
    peer.connect(("127.0.0.1", PORT))
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return peer


def hello(peer, window=65535, connection=0):
    peer.sendall(PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, window)))
    if connection:
        peer.sendall(frame(WINDOW, 0, 0, struct.pack(">I", connection)))
    return peer


def read_to_end(peer):
    said = b""
    try:
        while True:
            more = peer.recv(65536)
            if not more:
                return said
            said += more
    except OSError:
        return said


def frames_of(said):
    at, found = 0, []
    while at + 9 <= len(said):
        size = int.from_bytes(said[at : at + 3], "big")
        found.append((said[at + 3], said[at + 4], int.from_bytes(said[at + 5 : at + 9], "big"), said[at + 9 : at + 9 + size]))
        at += 9 + size
    return found


def read_to_answer(peer):
    """The frames up to the answer to a ping: what was sent before it has been dealt with."""
    peer.sendall(frame(PING, 0, 0, b"answered"))
    said = b""
    while True:
        more = peer.recv(65536)
        assert more, "the connection was closed"
        said += more
        found = frames_of(said)
        if any(kind == PING and flags == 1 and payload == b"answered" for kind, flags, _, payload in found):
            return found


def went_away(said, code=None):
    return any(kind == GOAWAY and (code is None or payload[7] == code) for kind, _, _, payload in frames_of(said))


def send_all(peer, data):
    """Sends what the server takes; it may hang up in the middle."""
    try:
        peer.sendall(data)
        return True
    except OSError:
        return False


def get(path):
    with connect() as peer:
        peer.sendall(b"GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % path)
        said = read_to_end(peer)
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), head[:200]
    return body


def status_of(request):
    with connect() as peer:
        send_all(peer, request)
        said = read_to_end(peer)
    return said[9:12].decode(), said.count(b"HTTP/1.1 ")


# Requests that two readers could take in two ways.

CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


@attack
def malformed_http1():
    bodies = [b"5\r\nhello\r\nZZZ\r\n", b"-1\r\n", b"0x5\r\nhello\r\n", b"5\nhello\n0\n\n", b"5\r\nhelloX\r\n", b"f" * 17 + b"\r\n"]
    requests = [CHUNKED + body for body in bodies]
    for fields in [
        b"",
        b"Host: a\r\nHost: b\r\n",
        b"Host: a\r\nX: 1\r\n folded\r\n",
        b"Host: a\r\nX : 1\r\n",
        b"Host: a\r\nX: a\0b\r\n",
        b"Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        b"Host: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
        b"Host: a\r\nTransfer-Encoding: gzip, chunked\r\n",
        b"Host: a\r\nTransfer-Encoding: identity\r\n",
    ]:
        requests.append(b"POST / HTTP/1.1\r\n" + fields + b"\r\n0\r\n\r\n")
    for request in requests:
        assert status_of(request) == ("400", 1), (request, status_of(request))


@attack
def forbidden_fields():
    for more in [
        [(b"x", b"a\r\nb: c")], [(b"x", b"a\nb")], [(b"x", b"a\0b")], [(b"x y", b"a")], [(b"x", b" a")], [(b"x\r\n", b"a")],
    ]:
        with hello(connect()) as peer:
            peer.sendall(frame(HEADERS, 5, 1, block(b"/", b"GET", *more)))
            found = read_to_answer(peer)
            assert any(kind == RST and payload[3] == 1 for kind, _, _, payload in found), found
            assert not any(kind == HEADERS for kind, _, _, _ in found), found
    with hello(connect()) as peer:
        peer.sendall(frame(HEADERS, 5, 1, block(b"/", b"GET\r\nX: y")))
        found = read_to_answer(peer)
        assert any(kind == RST for kind, _, _, _ in found), found
        assert not any(kind == HEADERS for kind, _, _, _ in found), found


# Much work for few bytes.


@attack
def pipelining_behind_a_slow_request():
    request = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    with connect() as peer:
        threading.Thread(target=send_all, args=(peer, request * 200000), daemon=True).start()
        peer.settimeout(10)
        got = 0
        while got < 20000:
            piece = peer.recv(1 << 20)
            assert piece, f"cut after {got} answers"
            got += piece.count(b"HTTP/1.1 200")


@attack
def pipelining_while_a_body_is_awaited():
    with connect() as peer:
        peer.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
        peer.settimeout(2)
        send_all(peer, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2000000)


@attack
def answers_that_nobody_reads():
    """No window holds back an answer without a body."""
    most = 32 << 20
    for request in (
        b"HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /healthz HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
    ):
        with connect(4096) as peer:
            peer.settimeout(3)
            taken = 0
            try:
                while taken < most:
                    taken += peer.send(request * 1000)
            except OSError:
                pass  # It takes no more, or has hung up.
            assert taken < most, f"{taken} bytes of requests were taken"


@attack
def connections_that_come_and_go():
    """What is left of each must not wait for a timer."""
    for _ in range(10000):
        with connect() as peer:
            peer.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert b" 200 " in read_to_end(peer)


@attack
def data_frames_of_one_byte():
    with hello(connect()) as peer:
        for stream in range(1, 200, 2):
            peer.sendall(frame(HEADERS, 4, stream, block(b"/ignore", b"POST")))
        one = frame(DATA, 0, 1, b"x")
        for stream in range(1, 30, 2):
            if not send_all(peer, frame(DATA, 0, stream, b"x") * 60000):
                break
        del one


@attack
def a_frame_that_drips():
    with hello(connect()) as peer:
        start = time.monotonic()
        whole = frame(HEADERS, 5, 1, b"\0" * 16000)
        try:
            for at in range(len(whole)):
                peer.sendall(whole[at : at + 1])
                time.sleep(0.001)
        except OSError:
            pass
        read_to_end(peer)
        assert time.monotonic() - start < 15


@attack
def slow_headers_on_many_connections():
    peers = [connect() for _ in range(300)]
    for _ in range(40):
        for peer in peers:
            send_all(peer, b"G")
        time.sleep(0.1)
    closed = sum(1 for peer in peers if read_to_end(peer) is not None)
    assert closed == len(peers)


@attack
def rapid_reset():
    with hello(connect()) as peer:
        for stream in range(1, 40000, 2):
            if not send_all(peer, frame(HEADERS, 5, stream, block(b"/events")) + frame(RST, 0, stream, bytes([0, 0, 0, 8]))):
                break
        read_to_end(peer)


@attack
def floods_of_control_frames():
    for one in [frame(PING, 0, 0, bytes(8)), frame(SETTINGS, 0, 0), frame(PRIORITY, 0, 1, bytes(5)), frame(200, 0, 0)]:
        with hello(connect()) as peer:
            send_all(peer, one * 20000)
            read_to_end(peer)
    with hello(connect()) as peer:
        send_all(peer, frame(HEADERS, 0, 1, block(b"/")) + frame(CONTINUATION, 0, 1) * 20000)
        read_to_end(peer)


@attack
def a_header_that_grows():
    with hello(connect()) as peer:
        large = b"\x40\x01x\x7f" + bytes([0x80 | (3500 - 127) & 0x7F, (3500 - 127) >> 7]) + b"b" * 3500
        send_all(peer, frame(HEADERS, 5, 1, block(b"/") + large + b"\xbe" * 8000))
        peer.settimeout(3)
        read_to_end(peer)


@attack
def connections_from_one_address():
    peers = []
    try:
        for _ in range(700):
            peers.append(connect())
            time.sleep(0)
        time.sleep(0.5)
    finally:
        for peer in peers:
            peer.close()
    time.sleep(0.5)


# Peers that don't read.


@attack
def windows_that_stay_shut():
    peers = []
    for _ in range(20):
        peer = hello(connect(), 0, 1 << 30)
        peer.sendall(b"".join(frame(HEADERS, 5, stream, block(b"/file")) for stream in range(1, 128, 2)))
        peers.append(peer)
    end = time.monotonic() + 8
    resets = 0
    while time.monotonic() < end:
        for peer in peers:
            send_all(peer, frame(PING, 0, 0, bytes(8)))
        time.sleep(0.2)
    for peer in peers:
        peer.settimeout(0.5)
        resets += sum(1 for kind, _, _, _ in frames_of(read_to_end(peer)) if kind == RST)
        peer.close()
    assert resets > 0, "streams whose window stays shut are kept for ever"


@attack
def sockets_that_stay_full():
    peers = [hello(connect(4096), 2**31 - 1, 1 << 30) for _ in range(100)]
    for peer in peers:
        peer.sendall(frame(HEADERS, 5, 1, block(b"/file")))
    time.sleep(10)
    for peer in peers:
        peer.close()


@attack
def windows_are_kept_to_the_byte():
    client = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    client.initiate_connection()
    client.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 1000})
    with connect() as peer:
        for stream in (1, 3, 5):
            client.send_headers(stream, [(":method", "GET"), (":path", "/file"), (":scheme", "http"), (":authority", "a")], True)
        peer.sendall(client.data_to_send())
        got = 0
        while got < 300000:
            for event in client.receive_data(peer.recv(65536)):  # raises FlowControlError for a byte too many
                if isinstance(event, h2.events.DataReceived):
                    got += len(event.data)
                    client.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            peer.sendall(client.data_to_send())


@attack
def a_stream_of_events_lives():
    with connect() as peer:
        peer.sendall(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
        end = time.monotonic() + 16  # three times the idle time
        while time.monotonic() < end:
            assert peer.recv(4096), "the stream was cut"


# WebSockets.

UPGRADE = (
    b"GET /socket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def web_socket():
    peer = connect()
    peer.sendall(UPGRADE)
    assert peer.recv(4096).startswith(b"HTTP/1.1 101 ")
    return peer


@attack
def hostile_web_sockets():
    mask = bytes(4)
    for sent in [
        b"\x81\x05hello",  # no mask
        b"\x81\xff\x7f" + b"\xff" * 7 + mask,  # 2^63 bytes
        b"\x01\x80" + mask + (b"\x00\x80" + mask) * 200000,  # fragments without end
        b"\x89\xfe\x01\x00" + mask,  # a long ping
        b"\xf1\x80" + mask,  # reserved bits
    ]:
        with web_socket() as peer:
            send_all(peer, sent)
            peer.settimeout(10)
            read_to_end(peer)
    with web_socket() as peer:  # pings whose answers nobody reads
        peer.settimeout(5)
        send_all(peer, (b"\x89\xfd" + mask + b"x" * 125) * 200000)
    with web_socket() as peer:  # text whose echo nobody reads
        peer.settimeout(5)
        send_all(peer, (b"\x81\xfe\xff\xff" + mask + b"x" * 65535) * 400)


# Streams that are held, while samples come once a second and once a minute.


def http1_events(every, end):
    """Samples come, and between them comments that keep an idle connection."""
    samples = 0
    with connect() as peer:
        peer.sendall(b"GET /events?every=%d&heartbeat=2000 HTTP/1.1\r\nHost: a\r\n\r\n" % (every * 1000))
        while time.monotonic() < end:
            more = peer.recv(4096)
            assert more, "a stream over HTTP/1.1 was cut"
            samples += more.count(b"data: ")
    return samples


def answer_pings(peer, found):
    for kind, flags, _, payload in found:
        if kind == PING and flags == 0:
            peer.sendall(frame(PING, 1, 0, payload))


def http2_frames(peer, end):
    """The frames of a connection until then; pings are answered, windows kept open."""
    said = b""
    peer.settimeout(1.0)
    while time.monotonic() < end:
        try:
            more = peer.recv(65536)
        except TimeoutError:
            continue
        assert more, "a connection with a stream was cut"
        said += more
        found = frames_of(said)
        said = said[sum(9 + len(payload) for _, _, _, payload in found) :]
        answer_pings(peer, found)
        assert not any(kind in (RST, GOAWAY) for kind, _, _, _ in found), found
        yield from found


def http2_events(every, end):
    """Samples alone: it is the answers to pings that keep the connection."""
    with hello(connect(), 1 << 20, 1 << 20) as peer:
        peer.sendall(frame(HEADERS, 5, 1, block(b"/events?every=%d" % (every * 1000))))
        return sum(payload.count(b"data: ") for kind, _, _, payload in http2_frames(peer, end) if kind == DATA)


def masked(opcode, payload):
    return bytes([0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 0]) + payload


def socket_frames(said):
    """The whole frames of a WebSocket at the start of some bytes, and the rest."""
    found = []
    while len(said) >= 2 and len(said) >= 2 + said[1]:
        found.append((said[0] & 15, said[2 : 2 + said[1]]))
        said = said[2 + said[1] :]
    return found, said


def http1_socket(every, end):
    got, said, next_text = 0, b"", 0
    with web_socket() as peer:
        peer.settimeout(0.2)
        while time.monotonic() < end:
            if time.monotonic() >= next_text:
                next_text = time.monotonic() + every
                peer.sendall(masked(1, b"sample"))
            try:
                more = peer.recv(4096)
            except TimeoutError:
                continue
            assert more, "a WebSocket over HTTP/1.1 was cut"
            found, said = socket_frames(said + more)
            for opcode, payload in found:
                got += opcode == 1
                if opcode == 9:
                    peer.sendall(masked(10, payload))
    return got


def http2_socket(every, end):
    got, said, next_text = 0, b"", 0
    with hello(connect(), 1 << 20, 1 << 20) as peer:
        peer.sendall(frame(HEADERS, 4, 1, block(b"/socket", b"CONNECT", (b":protocol", b"websocket"))))

        def talk():
            nonlocal next_text
            while time.monotonic() < end:
                if time.monotonic() >= next_text:
                    next_text = time.monotonic() + every
                    send_all(peer, frame(DATA, 0, 1, masked(1, b"sample")))
                time.sleep(0.2)

        threading.Thread(target=talk, daemon=True).start()
        for kind, _, _, payload in http2_frames(peer, end):
            if kind == DATA:
                found, said = socket_frames(said + payload)
                for opcode, text in found:
                    got += opcode == 1
                    if opcode == 9:
                        send_all(peer, frame(DATA, 0, 1, masked(10, text)))
    return got


@attack
def streams_of_each_kind_are_held():
    end = time.monotonic() + HOLD_SECONDS
    rare = min(60, HOLD_SECONDS // 3)
    results, threads = {}, []

    def hold(kind, every):
        name = f"{kind.__name__} every {every} s"
        try:
            results[name] = kind(every, end)
        except Exception as fault:  # noqa: BLE001
            results[name] = fault

    for kind in (http1_events, http2_events, http1_socket, http2_socket):
        for every in (1, rare):
            threads.append(threading.Thread(target=hold, args=(kind, every), daemon=True))
            threads[-1].start()
    for each in threads:
        each.join(HOLD_SECONDS + 30)
    assert len(results) == 8, results
    for name, got in results.items():
        every = int(name.split()[-2])
        assert isinstance(got, int) and got >= HOLD_SECONDS // every - 1 - HOLD_SECONDS // 10 // every, results


# What the others see.


class Bystander(threading.Thread):
    """A client that is no part of the attack."""

    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.longest, self.count, self.fault = 0.0, 0, None

    def run(self):
        while not self.over.is_set():
            start = time.monotonic()
            try:
                get(b"/healthz")
                assert len(get(b"/bytes/1000000")) == 1000000
            except Exception as fault:  # noqa: BLE001
                self.fault = fault
                return
            self.longest = max(self.longest, time.monotonic() - start)
            self.count += 1
            time.sleep(0.02)


def status(name):
    with open(f"/proc/{PID}/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(name))


def main():
    for _ in range(20):
        get(b"/healthz")
    before = status("VmRSS") * 1024
    failed = []
    for run in ATTACKS:
        if CHOSEN and run.__name__ not in CHOSEN:
            continue
        bystander = Bystander()
        bystander.start()
        start = time.monotonic()
        fault = None
        try:
            run()
        except Exception as seen:  # noqa: BLE001
            fault = seen
        # The address may have been locked out by its own attack; the places come back.
        bystander.over.set()
        bystander.join(30)
        heap, threads = int(get(b"/heap")), status("Threads")
        resident = status("VmRSS") * 1024 - before
        if run is not connections_from_one_address:
            fault = fault or bystander.fault
        for what, value, limit in [
            ("wait of others", bystander.longest, MAX_WAIT_SECONDS),
            ("heap", heap, MAX_HEAP_BYTE_SIZE),
            ("resident growth", resident, MAX_RESIDENT_GROWTH),
            ("threads", threads, MAX_THREAD_COUNT),
        ]:
            if value > limit:
                fault = fault or f"{what}={value} limit={limit}"
        print(
            f"{'FAILED' if fault else 'held  '} {run.__name__:38s} {time.monotonic() - start:5.1f} s  others:"
            f" {bystander.count} pairs, longest {bystander.longest:.2f} s  heap {heap >> 20} MiB"
            f"  resident +{resident >> 20} MiB  threads {threads}" + (f"  {fault!r}" if fault else ""),
            flush=True,
        )
        if fault:
            failed.append(run.__name__)
    os._exit(1 if failed else 0)


main()
