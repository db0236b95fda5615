// Foxglove's own client against a gateway: see interop/gateway/foxglove.
//   node interop/gateway/foxglove.js PORT FOLDER

'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { afterEach, test } = require('node:test');
const { FoxgloveClient } = require('@foxglove/ws-protocol');
const jpeg = require('jpeg-js');
const protobuf = require('protobufjs');
const descriptor = require('protobufjs/ext/descriptor');
const WebSocket = require('ws');

const [port, folder] = process.argv.slice(2);
const WIDTH = 48, HEIGHT = 30, PAD = 8;
const PATIENCE_MILLIS = 30_000;

// As Foxglove documents its schemas, written down again: a decoder that knows nothing of the gateway's.
const documented = protobuf.parse(`
  syntax = "proto3";
  package foxglove;
  message Time { int64 seconds = 1; int32 nanos = 2; }
  message RawImage {
    Time timestamp = 1; fixed32 width = 2; fixed32 height = 3; string encoding = 4; fixed32 step = 5; bytes data = 6;
    string frame_id = 7;
  }
  message CompressedImage { Time timestamp = 1; bytes data = 2; string format = 3; string frame_id = 4; }
`).root;

/** Ended after each test, whatever became of it. */
const sockets = [];
afterEach(() => sockets.splice(0).forEach(each => each.terminate()));

function open(protocol) {
  const socket = new WebSocket(`ws://localhost:${port}/`, [protocol]);
  sockets.push(socket);
  return socket;
}

const bytesOf = ({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

const reference = name => fs.readFileSync(path.join(folder, name));

async function until(what, condition) {
  const end = Date.now() + PATIENCE_MILLIS;
  for (;;) {
    const result = await condition();
    if (result) return result;
    assert.ok(Date.now() < end, `waited in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

/** A client with all that came: channels by topic, messages by subscription. */
class Client {
  constructor(protocol) {
    this.socket = open(protocol);
    this.channels = new Map();
    this.messages = new Map();
    this.statuses = [];
    this.faults = [];
    this.foxglove = new FoxgloveClient({ ws: this.socket });
    this.foxglove.on('error', fault => this.faults.push(fault));
    this.foxglove.on('serverInfo', info => { this.info = info; });
    this.foxglove.on('status', status => this.statuses.push(status));
    this.foxglove.on('advertise', all => all.forEach(each => this.channels.set(each.topic, each)));
    this.foxglove.on('unadvertise', ids =>
      this.channels.forEach((each, topic) => ids.includes(each.id) && this.channels.delete(topic)));
    this.foxglove.on('message', message => {
      const all = this.messages.get(message.subscriptionId);
      if (all) all.push(message);
    });
  }

  async channel(topic) {
    return until(`the channel of ${topic}`, () => this.channels.get(topic));
  }

  /** The messages of a topic, to which more are added as they come. */
  async subscribe(topic) {
    const channel = await this.channel(topic);
    const id = this.foxglove.subscribe(channel.id);
    const messages = [];
    this.messages.set(id, messages);
    return { id, channel, messages };
  }

  close() {
    assert.deepEqual(this.faults, []);
    this.foxglove.close();
  }
}

/** Decoded twice: by the schema that the channel came with, as Foxglove does, and by the documented one. */
function decode(channel, data) {
  assert.equal(channel.encoding, 'protobuf');
  assert.equal(channel.schemaEncoding, 'protobuf');
  const set = descriptor.FileDescriptorSet.decode(Buffer.from(channel.schema, 'base64'));
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const sent = protobuf.Root.fromDescriptor(set).lookupType(channel.schemaName).decode(bytes);
  const known = documented.lookupType(channel.schemaName).decode(bytes);
  for (const name of ['width', 'height', 'encoding', 'step', 'format']) assert.deepEqual(sent[name], known[name]);
  assert.ok(Buffer.from(sent.data).equals(Buffer.from(known.data)));
  const seconds = Number(known.timestamp.seconds);
  assert.ok(Math.abs(Date.now() / 1000 - seconds) < 600, `timestamp of ${seconds} s`);
  return known;
}

for (const protocol of ['foxglove.websocket.v1', 'foxglove.sdk.v1']) {
  test(`${protocol}: channels have encodings and schemas`, async () => {
    await until('the cameras', () => fs.existsSync(path.join(folder, 'ready')));
    const client = new Client(protocol);
    await until('serverInfo', () => client.info);
    assert.equal(client.socket.protocol, protocol);
    assert.deepEqual(client.info.capabilities, ['clientPublish']);
    assert.equal((await client.channel('robot/pose')).encoding, 'json');
    const ros = await until('the topic of ROS', () => [...client.channels.values()].find(each => each.encoding === 'cdr'));
    assert.equal(ros.schemaName, 'std_msgs/msg/String');
    const { messages } = await client.subscribe(ros.topic);
    await until('CDR', () => messages.length > 0);
    assert.equal(bytesOf(messages[0]).toString('latin1'), '\0\x01\0\0\x06\0\0\0hello\0');
    client.close();
  });

  for (const format of ['rgb8', 'bgr8', 'rgba8', 'mono8', 'mono16', 'yuyv']) {
    test(`${protocol}: pixels of ${format} are the camera's`, async () => {
      const client = new Client(protocol);
      const { channel, messages } = await client.subscribe(`camera/${format}`);
      assert.equal(channel.schemaName, 'foxglove.RawImage');
      await until('an image', () => messages.length > 0);
      const image = decode(channel, messages[0].data);
      const expected = reference(`${format}.raw`);
      const row = expected.length / HEIGHT;
      assert.deepEqual([image.width, image.height, image.encoding, image.step], [WIDTH, HEIGHT, format, row + PAD]);
      assert.equal(image.frame_id ?? image.frameId, 'front');
      assert.equal(image.data.length, image.step * HEIGHT);
      const rows = [];
      for (let y = 0; y < HEIGHT; y++) rows.push(Buffer.from(image.data).subarray(y * image.step, y * image.step + row));
      assert.ok(Buffer.concat(rows).equals(expected));
      client.close();
    });
  }

  test(`${protocol}: a format that RawImage has not comes as JPEG`, async () => {
    const client = new Client(protocol);
    const { channel, messages } = await client.subscribe('camera/nv12');
    assert.equal(channel.schemaName, 'foxglove.CompressedImage');
    await until('an image', () => messages.length > 0);
    const image = decode(channel, messages[0].data);
    assert.equal(image.format, 'jpeg');
    const pixels = jpeg.decode(Buffer.from(image.data), { useTArray: true });
    assert.deepEqual([pixels.width, pixels.height], [WIDTH, HEIGHT]);
    const luma = reference('nv12.raw');
    let largest = 0;
    for (let i = 0; i < WIDTH * HEIGHT; i++) {
      // BT.601 of the limited range, U = 110 and V = 140.
      const y = 1.164 * (luma[i] - 16);
      const expected = [y + 1.596 * 12, y + 0.391 * 18 - 0.813 * 12, y - 2.018 * 18].map(each => Math.min(255, Math.max(0, each)));
      for (let c = 0; c < 3; c++) largest = Math.max(largest, Math.abs(expected[c] - pixels.data[4 * i + c]));
    }
    assert.ok(largest <= 16, `a channel is off by ${largest}`);
    client.close();
  });

  test(`${protocol}: an image file comes as it is`, async () => {
    const client = new Client(protocol);
    const { channel, messages } = await client.subscribe('camera/file');
    await until('an image', () => messages.length > 0);
    const image = decode(channel, messages[0].data);
    assert.equal(image.format, 'png');
    assert.ok(Buffer.from(image.data).equals(reference('file.raw')));
    client.close();
  });

  test(`${protocol}: what a client publishes goes to topics, in its order`, async () => {
    const client = new Client(protocol);
    await until('serverInfo', () => client.info);
    const topic = `client/${protocol}/json`;
    const channel = client.foxglove.advertise({ topic: `/${topic}`, encoding: 'json', schemaName: '' });
    client.foxglove.sendMessage(channel, Buffer.from('{"n":0}'));
    const { id, messages } = await client.subscribe(topic);
    await until('the newest message', () => messages.length > 0);
    for (let n = 1; n <= 10; n++) client.foxglove.sendMessage(channel, Buffer.from(`{"n":${n}}`));
    await until('ten messages', () => messages.length >= 11);
    assert.deepEqual(messages.map(each => JSON.parse(bytesOf(each)).n), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    client.foxglove.unsubscribe(id);
    client.foxglove.unadvertise(channel);
    client.foxglove.sendMessage(channel, Buffer.from('{}'));
    await until('a fault', () => client.statuses.length > 0);
    client.foxglove.advertise({ topic: '/secret/topic', encoding: 'json', schemaName: '' });
    await until('a refusal', () => client.statuses.some(each => each.message.includes('allow-write')));
    client.close();
  });

  test(`${protocol}: a slow client loses large messages, not the small ones behind them`, async () => {
    const LARGE = 40, SMALL = 10;
    const slow = new Client(protocol), other = new Client(protocol);
    await until('serverInfo', () => slow.info && other.info);
    const names = [`client/${protocol}/large`, `client/${protocol}/small`];
    const large = other.foxglove.advertise({ topic: `/${names[0]}`, encoding: 'x', schemaName: '' });
    const small = other.foxglove.advertise({ topic: `/${names[1]}`, encoding: 'json', schemaName: '' });
    const send = n => {
      const payload = Buffer.alloc(1 << 20);
      payload.writeUInt32LE(n);
      other.foxglove.sendMessage(large, payload);
    };
    send(0);
    other.foxglove.sendMessage(small, Buffer.from('0'));
    const images = await slow.subscribe(names[0]), numbers = await slow.subscribe(names[1]);
    await until('the first messages', () => images.messages.length > 0 && numbers.messages.length > 0);
    slow.socket.pause();
    for (let n = 1; n <= LARGE; n++) send(n);
    for (let n = 1; n <= SMALL; n++) other.foxglove.sendMessage(small, Buffer.from(String(n)));
    await until('all of them', async () => {
      const { topics } = await (await fetch(`http://localhost:${port}/topics`)).json();
      const counts = names.map(name => topics.find(each => each.key === name)?.count ?? 0);
      return counts[0] >= LARGE + 1 && counts[1] >= SMALL + 1;
    });
    slow.socket.resume();
    const last = () => bytesOf(images.messages.at(-1)).readUInt32LE(0);
    await until('the last ones', () => numbers.messages.length >= SMALL + 1 && last() === LARGE);
    assert.deepEqual(numbers.messages.map(each => Number(bytesOf(each))), [...Array(SMALL + 1).keys()]);
    assert.ok(images.messages.length < LARGE, `it got ${images.messages.length} of ${LARGE + 1} large ones`);
    assert.deepEqual(other.statuses, []);
    slow.close();
    other.close();
  });
}

test('segue.v1: frames both ways', async () => {
  const socket = open('segue.v1');
  const texts = [], frames = [];
  socket.on('message', (data, isBinary) => {
    if (!isBinary) return texts.push(JSON.parse(data));
    const metadata = data.readUInt32LE(0);
    assert.equal(data.readUInt32LE(4), 0);
    assert.equal(Number(data.readBigUInt64LE(8)), data.length - 16 - metadata);
    frames.push({ ...JSON.parse(data.subarray(16, 16 + metadata)), payload: data.subarray(16 + metadata) });
  });
  await new Promise((resolve, reject) => { socket.on('open', resolve); socket.on('error', reject); });
  socket.send(JSON.stringify({ op: 'subscribe', id: 3, key: 'client/segue/*' }));
  await until('the answer', () => texts.some(each => each.op === 'subscribed' && each.id === 3));
  const publish = (metadata, payload) => {
    const json = Buffer.from(JSON.stringify(metadata)), head = Buffer.alloc(16);
    head.writeUInt32LE(json.length, 0);
    head.writeBigUInt64LE(BigInt(payload.length), 8);
    socket.send(Buffer.concat([head, json, payload]));
  };
  const payload = Buffer.alloc(500_000, 7);
  publish({ key: 'client/segue/map', encoding: 'application/x-map', id: 9 }, payload);
  await until('its outcome', () => texts.some(each => each.op === 'published' && each.id === 9 && each.outcome === 'nobody'));
  const frame = await until('the frame', () => frames[0]);
  assert.deepEqual([frame.subscription, frame.key, frame.encoding], [3, 'client/segue/map', 'application/x-map']);
  assert.ok(frame.payload.equals(payload));
  publish({ key: 'secret', id: 10 }, payload);
  await until('a refusal', () => texts.some(each => each.op === 'error' && each.id === 10 && each.status === 403));
  socket.close();
});
