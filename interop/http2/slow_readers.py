"""Many clients that ask for /file and read slowly: prints what the server keeps resident.

    python3 interop/http2/slow_readers.py PORT COUNT h2c|tls PID_OF_THE_SERVER
"""

import socket
import ssl
import struct
import sys
import time

port, count, tls, pid = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "tls", sys.argv[4]


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def resident():
    with open(f"/proc/{pid}/status") as status:
        return " ".join(line.strip().replace("\t", "") for line in status if line.startswith(("VmRSS", "VmHWM")))


context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
context.set_alpn_protocols(["h2"])
request = bytes([0x82, 0x87 if tls else 0x86, 0x04, 5]) + b"/file" + bytes([0x41, 9]) + b"localhost"
hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
hello += frame(4, 0, 0, struct.pack(">HI", 4, 2**31 - 1)) + frame(8, 0, 0, struct.pack(">I", 2**30))
hello += frame(1, 5, 1, request)

print("before:", resident())
peers = []
for _ in range(count):
    peer = socket.create_connection(("127.0.0.1", port))
    if tls:
        peer = context.wrap_socket(peer)
    peer.sendall(hello)
    peer.settimeout(5)
    peers.append(peer)
print("all open:", resident())
for turn in range(4):
    time.sleep(2)
    read = sum(len(peer.recv(4096)) for peer in peers)
    print(f"turn {turn}: read {read} bytes;", resident())
