"""peer.py read FILE: prints what Python's mcap finds in a file, a line per message.
peer.py write FILE MODE: writes a file; MODE is plain, chunks, lz4 or zstd."""

import hashlib
import sys

from mcap.reader import NonSeekingReader, make_reader
from mcap.writer import CompressionType, Writer


def read(path):
    with open(path, "rb") as file:
        statistics = make_reader(file).get_summary().statistics
        print("count", statistics.message_count, statistics.channel_count, statistics.metadata_count)
    with open(path, "rb") as file:
        reader = NonSeekingReader(file, validate_crcs=True)
        for _, channel, message in reader.iter_messages(log_time_order=False):
            digest = hashlib.sha256(message.data).hexdigest()
            metadata = channel.metadata.get("zenoh.kind", "-")
            print(
                channel.topic,
                channel.message_encoding or "-",
                metadata,
                message.sequence,
                message.log_time,
                message.publish_time,
                len(message.data),
                digest,
            )
    with open(path, "rb") as file:
        # By the index, where there is one.
        assert sum(1 for _ in make_reader(file).iter_messages()) == statistics.message_count
    with open(path, "rb") as file:
        for metadata in make_reader(file).iter_metadata():
            print("metadata", metadata.name, metadata.metadata["robot"])


def write(path, mode):
    compression = {
        "plain": CompressionType.NONE,
        "chunks": CompressionType.NONE,
        "lz4": CompressionType.LZ4,
        "zstd": CompressionType.ZSTD,
    }[mode]
    with open(path, "wb") as file:
        writer = Writer(
            file,
            chunk_size=3000,
            compression=compression,
            use_chunking=mode != "plain",
            enable_data_crcs=True,
        )
        writer.start("interop", "python")
        schema = writer.register_schema("Frame", "jsonschema", b"{}")
        a = writer.register_channel("robot/a", "json", schema, {"k": "v"})
        b = writer.register_channel("/robot/b", "cdr", 0)
        writer.add_metadata("about", {"robot": "seven"})
        writer.add_attachment(1, 2, "notes", "text/plain", b"hello")
        for i in range(100):
            data = bytes([i]) * (i * 17)
            writer.add_message(a if i % 2 == 0 else b, 1000 + i, data, 900 + i, i)
            print("robot/a" if i % 2 == 0 else "/robot/b", i, hashlib.sha256(data).hexdigest())
        writer.finish()


if sys.argv[1] == "read":
    read(sys.argv[2])
else:
    write(sys.argv[2], sys.argv[3])
