"""Reads /file with python-h2 and checks its DATA frames: frames.py h2c|tls PORT FILE."""

import pathlib
import socket
import ssl
import sys

import h2.connection
import h2.events

FRAME_BYTE_SIZE = 16384


def connect(mode, port):
    plain = socket.create_connection(("127.0.0.1", port), timeout=20)
    if mode == "h2c":
        return plain
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["h2"])
    encrypted = context.wrap_socket(plain, server_hostname="localhost")
    assert encrypted.selected_alpn_protocol() == "h2"
    return encrypted


def frames_of(mode, port):
    """The DATA frames of one response, and whether the last one ended the stream."""
    with connect(mode, port) as server:
        client = h2.connection.H2Connection()
        client.initiate_connection()
        client.increment_flow_control_window(1 << 20)
        client.send_headers(
            1,
            [(":method", "GET"), (":path", "/file"), (":scheme", "http"), (":authority", "localhost")],
            end_stream=True,
        )
        client.increment_flow_control_window(1 << 20, stream_id=1)
        server.sendall(client.data_to_send())
        frames = []
        while True:
            received = server.recv(65536)
            assert received, "the server hung up"
            for event in client.receive_data(received):
                if isinstance(event, h2.events.DataReceived):
                    frames.append(event.data)
                    if event.stream_ended is not None:
                        return frames, True
                elif isinstance(event, h2.events.StreamEnded):
                    return frames, False
                elif isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
                    raise AssertionError(event)
            server.sendall(client.data_to_send())


mode, port, file = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3])
frames, ended = frames_of(mode, port)
content = file.read_bytes()
sizes = [len(frame) for frame in frames]
assert sizes == [FRAME_BYTE_SIZE] * (len(content) // FRAME_BYTE_SIZE), sizes
assert b"".join(frames) == content, "the bytes differ"
assert ended, "END_STREAM came in a frame of its own"
print(f"{mode}: {len(content)} bytes in DATA frames of {sizes}, the last one with END_STREAM")
