package dev.segue.objectstore.s3;

import dev.segue.objectstore.s3.MemoryS3.Request;
import dev.segue.objectstore.s3.MemoryS3.Response;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * A server that lies and fails: it does what it is asked and spoils some of its answers, by a seed.
 *
 * <p>What no client could notice it leaves alone: bytes of bodies are changed only where the client
 * can check them, and answers are never those to another object's reads or to other listings.
 */
final class HostileS3 implements AutoCloseable {
  /** How an answer is spoilt. */
  enum Mischief {
    /** Not at all. */
    NONE,
    /** It comes late. */
    DELAY,
    /** It comes in pieces of a few bytes. */
    PIECES,
    /** It ends at some byte. */
    CUT,
    /** It stops at some byte, and the connection stays. */
    STALL,
    /** The request is never looked at. */
    DEAF,
    /** The request is done, and nothing is said. */
    MUTE,
    /** Another status. */
    STATUS,
    /** 200 and nothing else. */
    EMPTY,
    /** A byte of the head is another. */
    HEAD_BYTE,
    /** A byte of the body is another. */
    BODY_BYTE,
    /** A field is left out. */
    LACKING,
    /** It comes twice. */
    TWICE,
    /** It is that to an earlier request. */
    OTHERS
  }

  private static final int[] STATUSES = {301, 400, 403, 404, 408, 409, 412, 416, 429, 500, 503};
  private static final int[] TRANSIENT = {408, 429, 500, 503};

  /** Objects below it are read in ways that no checksum covers. */
  static final String UNCHECKED = "unchecked";

  final MemoryS3 model = new MemoryS3();
  private final Random random;
  private final ServerSocket listening;
  private final Collection<Socket> sockets = new ConcurrentLinkedQueue<>();
  private final List<Response> earlier = new CopyOnWriteArrayList<>();
  private volatile double share;
  private volatile int cutAt = -1;
  private volatile int lastByteSize;

  HostileS3(long seed) throws IOException {
    random = new Random(seed);
    listening = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  /** Spoils this share of all answers from now on. */
  void spoil(double part) {
    share = part;
  }

  /** Ends every answer at this byte from now on; a negative one at none. */
  void cut(int byteOffset) {
    cutAt = byteOffset;
  }

  /** How long the last answer was meant to be. */
  int lastByteSize() {
    return lastByteSize;
  }

  String endpoint() {
    return "http://127.0.0.1:" + listening.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listening.accept();
        sockets.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException e) {
      return;
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      while (true) {
        Request request = read(in);
        if (request == null || !answer(request, socket)) {
          return;
        }
      }
    } catch (IOException | InterruptedException e) {
      return;
    } finally {
      sockets.remove(socket);
    }
  }

  private static @org.jspecify.annotations.Nullable Request read(InputStream in)
      throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    String text = "";
    while (!text.endsWith("\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
        return null;
      }
      head.write(b);
      if (b == '\n') {
        text = head.toString(StandardCharsets.ISO_8859_1);
      }
    }
    String[] lines = text.split("\r\n", -1);
    String[] words = lines[0].split(" ", 3);
    Map<String, String> fields = new HashMap<>();
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      if (colon > 0) {
        fields.put(
            lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
            lines[i].substring(colon + 1).strip());
      }
    }
    byte[] body = in.readNBytes(Integer.parseInt(fields.getOrDefault("content-length", "0")));
    String[] target = words[1].split("\\?", 2);
    Map<String, String> query = new LinkedHashMap<>();
    for (String each : target.length < 2 ? new String[0] : target[1].split("&", -1)) {
      String[] parts = each.split("=", 2);
      query.put(
          parts[0], parts.length < 2 ? "" : URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    return new Request(words[0], target[0], query, fields, body);
  }

  private synchronized Mischief mischief(Request request) {
    if (random.nextDouble() >= share) {
      return Mischief.NONE;
    }
    Mischief chosen = Mischief.values()[random.nextInt(Mischief.values().length)];
    boolean harmful =
        switch (chosen) {
          case HEAD_BYTE, LACKING -> request.isListing();
          // The answer to a write has a version and no bytes, which nothing contradicts.
          case OTHERS ->
              request.method().equals("HEAD")
                  || (request.method().equals("GET") && request.field("range").isEmpty());
          case BODY_BYTE ->
              !request.method().equals("GET")
                  || request.isListing()
                  || request.query().containsKey("uploadId")
                  || request.key().contains(UNCHECKED);
          default -> false;
        };
    return harmful ? Mischief.CUT : chosen;
  }

  private synchronized int below(int bound) {
    return random.nextInt(Math.max(1, bound));
  }

  /** Whether the connection goes on. */
  private boolean answer(Request request, Socket socket) throws IOException, InterruptedException {
    Mischief mischief = mischief(request);
    if (mischief == Mischief.DEAF) {
      return false;
    }
    Response response = model.answer(request);
    boolean isRead =
        request.method().equals("HEAD")
            || (request.method().equals("GET") && !request.query().containsKey("uploadId"));
    if (mischief == Mischief.OTHERS && !earlier.isEmpty()) {
      response = earlier.get(below(earlier.size()));
    } else if (!isRead && earlier.size() < 200) {
      earlier.add(response);
    }
    switch (mischief) {
      case MUTE -> {
        return false;
      }
      case DELAY -> TimeUnit.MILLISECONDS.sleep(below(40));
      case STATUS -> {
        // Of what an object is checked by only a fault that passes may keep the client.
        int[] known = request.method().equals("HEAD") ? TRANSIENT : STATUSES;
        response = Response.of(known[below(known.length)], "<Error><Code>X</Code></Error>");
      }
      case EMPTY -> response = Response.of(200, "");
      case LACKING -> response = lacking(response);
      default -> {}
    }
    byte[] bytes = encoded(request, response);
    lastByteSize = bytes.length;
    switch (mischief) {
      case HEAD_BYTE -> change(bytes, 0, headByteSize(bytes), true);
      case BODY_BYTE -> change(bytes, headByteSize(bytes), bytes.length, false);
      default -> {}
    }
    return send(mischief, bytes, socket);
  }

  private Response lacking(Response response) {
    List<String> names =
        new ArrayList<>(
            response.fields().keySet().stream()
                .filter(name -> !name.startsWith("x-amz-checksum"))
                .toList());
    if (names.isEmpty()) {
      return response;
    }
    Map<String, String> fewer = new LinkedHashMap<>(response.fields());
    fewer.remove(names.get(below(names.size())));
    return new Response(response.status(), fewer, response.body());
  }

  private static byte[] encoded(Request request, Response response) {
    StringBuilder head = new StringBuilder("HTTP/1.1 " + response.status() + " X\r\n");
    response
        .fields()
        .forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    if (response.status() != 204) {
      head.append("Content-Length: ").append(response.body().length).append("\r\n");
    }
    byte[] first = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    if (request.method().equals("HEAD") || response.status() == 204) {
      return first;
    }
    byte[] all = java.util.Arrays.copyOf(first, first.length + response.body().length);
    System.arraycopy(response.body(), 0, all, first.length, response.body().length);
    return all;
  }

  private static int headByteSize(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n") + 4;
  }

  /** Changes one byte, but none of a checksum. */
  private void change(byte[] bytes, int from, int to, boolean keepChecksums) {
    if (from >= to) {
      return;
    }
    int at = from + below(to - from);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int line = text.lastIndexOf('\n', at) + 1;
    if (!keepChecksums || !text.startsWith("x-amz-checksum", line)) {
      bytes[at] = (byte) (bytes[at] ^ (1 + below(255)));
    }
  }

  private boolean send(Mischief mischief, byte[] bytes, Socket socket)
      throws IOException, InterruptedException {
    OutputStream out = socket.getOutputStream();
    int cut = cutAt;
    if (cut >= 0 && cut < bytes.length) {
      out.write(bytes, 0, cut);
      return false;
    }
    switch (mischief) {
      case PIECES -> {
        int piece = 1 + below(bytes.length / 4);
        for (int at = 0; at < bytes.length; at += piece) {
          out.write(bytes, at, Math.min(piece, bytes.length - at));
          out.flush();
        }
      }
      case CUT -> {
        out.write(bytes, 0, below(bytes.length));
        return false;
      }
      case STALL -> {
        out.write(bytes, 0, below(bytes.length));
        out.flush();
        // Until the client has had enough.
        return socket.getInputStream().read() >= 0;
      }
      case TWICE -> {
        // At once, so that the client can see it before it asks again; large ones come once.
        byte[] both =
            java.util.Arrays.copyOf(bytes, bytes.length < 8000 ? 2 * bytes.length : bytes.length);
        System.arraycopy(bytes, 0, both, both.length - bytes.length, bytes.length);
        out.write(both);
      }
      default -> out.write(bytes);
    }
    out.flush();
    return true;
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
