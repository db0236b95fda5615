"""peer.py read FILE: prints what Python's mcap finds in a file, a line per message.
peer.py write FILE MODE: writes a file; MODE is plain, chunks, lz4 or zstd.
peer.py dump FILE: prints all that it holds, message by message in the order of the file.
peer.py make FILE MODE START STEP COUNT ROBOT: writes messages of two topics, STEP nanoseconds apart."""

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


def text(metadata):
    return ",".join("%s=%s" % item for item in sorted(metadata.items())) or "-"


def writer_of(file, mode):
    compression = {
        "plain": CompressionType.NONE,
        "chunks": CompressionType.NONE,
        "lz4": CompressionType.LZ4,
        "zstd": CompressionType.ZSTD,
    }[mode]
    return Writer(
        file,
        chunk_size=3000,
        compression=compression,
        use_chunking=mode != "plain",
        enable_data_crcs=True,
    )


def dump(path):
    with open(path, "rb") as file:
        reader = NonSeekingReader(file, validate_crcs=True)
        for schema, channel, message in reader.iter_messages(log_time_order=False):
            print(
                "message",
                channel.topic,
                channel.message_encoding or "-",
                schema.name if schema else "-",
                text(channel.metadata),
                message.sequence,
                message.log_time,
                message.publish_time,
                hashlib.sha256(message.data).hexdigest(),
            )
    with open(path, "rb") as file:
        reader = make_reader(file, validate_crcs=True)
        for item in reader.iter_attachments():
            digest = hashlib.sha256(item.data).hexdigest()
            print("attachment", item.name, item.media_type, item.log_time, item.create_time, digest)
        for item in reader.iter_metadata():
            print("metadata", item.name, text(item.metadata))
        statistics = reader.get_summary().statistics
        print(
            "statistics",
            statistics.message_count,
            statistics.channel_count,
            statistics.schema_count,
            statistics.attachment_count,
            statistics.metadata_count,
        )
        # By the index, and in the order of time.
        times = [message.log_time for _, _, message in reader.iter_messages()]
        assert len(times) == statistics.message_count, times
        assert times == sorted(times)


def make(path, mode, start, step, count, robot):
    with open(path, "wb") as file:
        writer = writer_of(file, mode)
        writer.start("interop", "python")
        schema = writer.register_schema("Frame", "jsonschema", b'{"type": "object"}')
        a = writer.register_channel(robot + "/a", "json", schema, {"k": "v"})
        b = writer.register_channel(robot + "/b/camera", "cdr", 0)
        writer.add_metadata("about " + robot, {"robot": robot})
        writer.add_attachment(start + 1, 2, robot + ".txt", "text/plain", robot.encode() * 1000)
        for i in range(count):
            size = 100_000 if i % 10 == 1 else i * 7
            data = (robot + str(i)).encode() + bytes([i % 256]) * size
            writer.add_message(a if i % 2 == 0 else b, start + i * step, data, start, i)
        writer.add_attachment(start + 3, 4, "late " + robot, "", b"")
        writer.finish()


def write(path, mode):
    with open(path, "wb") as file:
        writer = writer_of(file, mode)
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


role = sys.argv[1]
if role == "read":
    read(sys.argv[2])
elif role == "dump":
    dump(sys.argv[2])
elif role == "make":
    make(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), int(sys.argv[6]), sys.argv[7])
else:
    write(sys.argv[2], sys.argv[3])
