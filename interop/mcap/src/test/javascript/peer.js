// peer.js PACKAGES dump FILE: prints all that @mcap/core finds in a file, message by message in the order of the file.
// peer.js PACKAGES make FILE MODE: writes a file and prints the same of it; MODE is plain, chunks or zstd.
"use strict";
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const { createRequire } = require("node:module");

const [packages, role, path, mode] = process.argv.slice(2);
const load = createRequire(packages + "/peer.js");
const { McapIndexedReader, McapStreamReader, McapWriter } = load("@mcap/core");
const { loadDecompressHandlers } = load("@mcap/support");

const sha256 = (data) => createHash("sha256").update(data).digest("hex");
const text = (map) => [...map].map(([k, v]) => `${k}=${v}`).sort().join(",") || "-";

function line(topic, encoding, schema, metadata, message) {
  console.log(
    ["message", topic, encoding || "-", schema || "-", text(metadata), message.sequence, message.logTime,
      message.publishTime, sha256(message.data)].join(" "));
}

async function dump() {
  const decompressHandlers = await loadDecompressHandlers();
  const bytes = fs.readFileSync(path);
  const reader = new McapStreamReader({ decompressHandlers, validateCrcs: true });
  for (let at = 0; at < bytes.length; at += 100_000) {
    reader.append(bytes.subarray(at, at + 100_000));
  }
  const schemas = new Map();
  const channels = new Map();
  let count = 0;
  for (let record = reader.nextRecord(); record; record = reader.nextRecord()) {
    if (record.type === "Schema") {
      schemas.set(record.id, record.name);
    } else if (record.type === "Channel") {
      channels.set(record.id, record);
    } else if (record.type === "Message") {
      const channel = channels.get(record.channelId);
      line(channel.topic, channel.messageEncoding, schemas.get(channel.schemaId), channel.metadata, record);
      count++;
    }
  }
  if (!reader.done()) {
    throw new Error("the file has no end");
  }
  const indexed = await McapIndexedReader.Initialize({
    readable: {
      size: async () => BigInt(bytes.length),
      read: async (offset, size) => bytes.subarray(Number(offset), Number(offset + size)),
    },
    decompressHandlers,
  });
  for await (const each of indexed.readAttachments()) {
    console.log(["attachment", each.name, each.mediaType, each.logTime, each.createTime, sha256(each.data)].join(" "));
  }
  for await (const each of indexed.readMetadata()) {
    console.log(["metadata", each.name, text(each.metadata)].join(" "));
  }
  if (indexed.chunkIndexes.length > 0) {
    let last = 0n;
    for await (const message of indexed.readMessages()) {
      if (message.logTime < last) {
        throw new Error("the index is not in the order of time");
      }
      last = message.logTime;
      count--;
    }
    if (count !== 0) {
      throw new Error(`the index lacks ${count} messages`);
    }
  }
  const statistics = indexed.statistics;
  console.log(["statistics", statistics.messageCount, statistics.channelCount, statistics.schemaCount,
    statistics.attachmentCount, statistics.metadataCount].join(" "));
}

async function compressor() {
  if (mode === "zstd") {
    const zstd = load("@foxglove/wasm-zstd").default ?? load("@foxglove/wasm-zstd");
    await zstd.isLoaded;
    return (data) => ({ compression: "zstd", compressedData: zstd.compress(data) });
  }
  return undefined;
}

async function make() {
  const parts = [];
  let position = 0n;
  const writer = new McapWriter({
    writable: {
      write: async (data) => {
        parts.push(Buffer.from(data));
        position += BigInt(data.byteLength);
      },
      position: () => position,
    },
    useChunks: mode !== "plain",
    chunkSize: 3000,
    compressChunk: await compressor(),
  });
  await writer.start({ profile: "interop", library: "javascript" });
  const schemaId = await writer.registerSchema({ name: "Frame", encoding: "jsonschema", data: Buffer.from("{}") });
  const a = await writer.registerChannel(
    { schemaId, topic: "robot/a", messageEncoding: "json", metadata: new Map([["k", "v"]]) });
  const b = await writer.registerChannel(
    { schemaId: 0, topic: "/robot/b", messageEncoding: "cdr", metadata: new Map() });
  await writer.addMetadata({ name: "about", metadata: new Map([["robot", "seven"]]) });
  await writer.addAttachment(
    { name: "notes", mediaType: "text/plain", logTime: 1n, createTime: 2n, data: Buffer.from("hello") });
  for (let i = 0; i < 100; i++) {
    await writer.addMessage({
      channelId: i % 2 === 0 ? a : b,
      sequence: i,
      logTime: 1000n + BigInt(i),
      publishTime: 900n,
      data: Buffer.alloc(i === 51 ? 200_000 : i * 17, i),
    });
  }
  await writer.end();
  fs.writeFileSync(path, Buffer.concat(parts));
  await dump();
}

(role === "make" ? make() : dump()).catch((error) => {
  console.error(error);
  process.exit(1);
});
