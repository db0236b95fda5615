package dev.segue.zenoh;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;

/** Speaks Zenoh's protocol over TCP as far as to say what no API of Zenoh lets one say. */
final class RawPeer implements AutoCloseable {
  /** What is declared: by its number on the wire, or as an interest. */
  enum Kind {
    KEY(0),
    SUBSCRIBER(2),
    QUERYABLE(4),
    TOKEN(6),
    INTEREST(-1);

    private final int number;

    Kind(int number) {
      this.number = number;
    }
  }

  static final int ROUTER = 0;
  static final int PEER = 1;
  static final int CLIENT = 2;
  static final int ANY_BATCH = 0xFFFF;

  private static final int HAS_SUFFIX = 0x20;
  private static final int OF_SENDER = 0x40;
  private static final int RELIABLE = 0x20;

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private final BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
  private int number;

  private final byte[] id = new byte[16];
  private final int mode;
  private final int batchByteSize;

  private RawPeer(Socket socket, int mode, int batchByteSize) throws IOException {
    this.socket = socket;
    this.mode = mode;
    this.batchByteSize = batchByteSize;
    ThreadLocalRandom.current().nextBytes(id);
    id[15] = 1;
    in = new DataInputStream(socket.getInputStream());
    out = socket.getOutputStream();
  }

  /** Connects to {@code tcp/127.0.0.1:PORT} as a peer. */
  static RawPeer connect(String locator) throws IOException {
    return connect(locator, PEER);
  }

  /** Connects as a router, a peer or a client. */
  static RawPeer connect(String locator, int mode) throws IOException {
    return connect(locator, mode, ANY_BATCH);
  }

  /** Connects, and says how large a batch it takes. */
  static RawPeer connect(String locator, int mode, int batchByteSize) throws IOException {
    RawPeer peer = new RawPeer(socket(locator), mode, batchByteSize);
    return peer.started(peer::shakeHands);
  }

  /** A connection on which nothing was said yet. */
  static Socket socket(String locator) throws IOException {
    int port = Integer.parseInt(locator.substring(locator.lastIndexOf(':') + 1));
    return new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
  }

  /** Takes the next that connects, as a router or a peer. */
  static RawPeer accept(ServerSocket server, int mode, int batchByteSize) throws IOException {
    RawPeer peer = new RawPeer(server.accept(), mode, batchByteSize);
    return peer.started(peer::answerHands);
  }

  private interface Handshake {
    void run() throws IOException;
  }

  private RawPeer started(Handshake handshake) throws IOException {
    try {
      handshake.run();
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
    Thread.ofPlatform().daemon().start(this::readToTheEnd);
    return this;
  }

  private void answerHands() throws IOException {
    receive();
    int isAnswer = 0x20;
    send(init(0x01 | 0x40 | isAnswer).number(1).bytes(0)); // with a cookie of one byte
    receive();
    send(new Message().bytes(0x02 | isAnswer).number(10_000).number(0));
  }

  private Message init(int header) {
    Message message = new Message().bytes(header, 9, (15 << 4) | mode).raw(id);
    return message.bytes(0b1010, batchByteSize, batchByteSize >> 8);
  }

  private void shakeHands() throws IOException {
    send(init(0x01 | 0x40));
    byte[] answer = receive();
    int at = 3 + ((answer[2] >> 4) & 0xF) + 1 + ((answer[0] & 0x40) != 0 ? 3 : 0);
    int cookieByteSize = answer[at] & 0x7F;
    int cookie = at + 1;
    if (answer[at] < 0) {
      cookieByteSize |= answer[cookie++] << 7;
    }
    Message open = new Message().bytes(0x02).number(10_000).number(0).number(cookieByteSize);
    for (int i = 0; i < cookieByteSize; i++) {
      open.bytes(answer[cookie + i]);
    }
    send(open);
    receive();
  }

  void declare(Kind kind, int id, String key) throws IOException {
    if (kind == Kind.INTEREST) {
      // Of all that is and will be declared under the key.
      int current = 0x20;
      int future = 0x40;
      int all = 0xF;
      int isRestricted = 0x10;
      int options = all | isRestricted | HAS_SUFFIX | OF_SENDER;
      frame(new Message().bytes(0x19 | current | future).number(id).bytes(options).key(key));
    } else {
      int header = kind.number | HAS_SUFFIX | (kind == Kind.KEY ? 0 : OF_SENDER);
      frame(new Message().bytes(0x1E, header).number(id).key(key));
    }
  }

  void undeclareKey(int id) throws IOException {
    frame(new Message().bytes(0x1E, 0x01).number(id));
  }

  void endInterest(int id) throws IOException {
    frame(new Message().bytes(0x19).number(id));
  }

  /** Takes back what is known by its key and not by its id. */
  void undeclare(Kind kind, String key) throws IOException {
    byte[] text = key.getBytes(StandardCharsets.UTF_8);
    int hasExtension = 0x80;
    Message message = new Message().bytes(0x1E, kind.number | 1 | hasExtension).number(99);
    int isKey = 0x0F | 0x40 | 0x10;
    frame(message.bytes(isKey).number(2L + text.length).bytes(0b11).number(0).raw(text));
  }

  /** Says that it has a node and its links, with the numbers and counts that are given. */
  void linkState(long stateCount, long node, long linkCount) throws IOException {
    Message state = new Message().number(stateCount).bytes(0b11).number(node).number(1);
    byte[] body = state.number(16).raw(id).bytes(1 << mode).number(linkCount).toByteArray();
    frame(new Message().bytes(0x1F | 0x40).number(1).number(body.length).raw(body));
  }

  /** Puts a descriptor of shared memory, which the two sides have not agreed on. */
  void putDescriptor(String key) throws IOException {
    int hasExtension = 0x80;
    int isDescriptor = 0x12;
    byte[] descriptor = {-128, 32, 1, 2, 3, 4, 5};
    Message put = new Message().bytes(0x1D | HAS_SUFFIX | OF_SENDER).key(key);
    put.bytes(0x01 | hasExtension, isDescriptor).number(1).bytes(1).number(descriptor.length);
    frame(put.raw(descriptor));
  }

  /** A piece of one byte of a message that has more. */
  void piece() throws IOException {
    int hasMore = 0x40;
    send(new Message().bytes(0x06 | RELIABLE | hasMore).number(number++).bytes(0));
  }

  /** Waits for the next message with a text in it. */
  String receive(String text) throws InterruptedException {
    while (true) {
      String message = new String(received.take(), StandardCharsets.ISO_8859_1);
      if (message.contains(text)) {
        return message;
      }
    }
  }

  private void frame(Message message) throws IOException {
    send(new Message().bytes(0x05 | RELIABLE).number(number++).raw(message.toByteArray()));
  }

  private void send(Message message) throws IOException {
    byte[] bytes = message.toByteArray();
    out.write(new Message().bytes(bytes.length, bytes.length >> 8).raw(bytes).toByteArray());
  }

  private byte[] receive() throws IOException {
    byte[] message = new byte[in.readUnsignedByte() | (in.readUnsignedByte() << 8)];
    in.readFully(message);
    return message;
  }

  private void readToTheEnd() {
    try {
      while (true) {
        received.add(receive());
      }
    } catch (IOException _) {
      // It is closed.
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private static final class Message extends ByteArrayOutputStream {
    Message bytes(int... bytes) {
      for (int b : bytes) {
        write(b);
      }
      return this;
    }

    Message raw(byte[] bytes) {
      writeBytes(bytes);
      return this;
    }

    Message number(long number) {
      long rest = number;
      for (; rest > 0x7F; rest >>>= 7) {
        write((int) (rest & 0x7F) | 0x80);
      }
      write((int) rest);
      return this;
    }

    /** The key behind no prefix. */
    Message key(String key) {
      byte[] text = key.getBytes(StandardCharsets.UTF_8);
      return number(0).number(text.length).raw(text);
    }
  }
}
