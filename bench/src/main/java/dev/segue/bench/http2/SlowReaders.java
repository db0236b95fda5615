package dev.segue.bench.http2;

import static dev.segue.bench.report.Units.bytes;

import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Table;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Measures the resident memory of a server for a thousand clients that ask for 10 MB, open their
 * windows wide, and read 4 KiB every other second.
 */
public final class SlowReaders {
  private static final int READER_COUNT = 1000;
  private static final int TURN_COUNT = 4;
  private static final int TIMEOUT_MILLIS = 30_000;
  private static final long LARGEST = 256 << 20;

  /** Measures. */
  public void run(Section section, Consumer<String> log) throws Exception {
    Table table = new Table("", "before", "all open", "peak");
    try (Servers servers = new Servers()) {
      for (boolean isTls : new boolean[] {false, true}) {
        try (Server server = servers.start(Servers.SEGUE, isTls)) {
          measure(server, servers.certificates(), table, section, log);
        }
      }
    }
    section.add(table);
  }

  private static void measure(
      Server server, Path certificates, Table table, Section section, Consumer<String> log)
      throws Exception {
    String mode = server.isTls() ? "TLS" : "h2c";
    List<Socket> readers = new ArrayList<>();
    double before = server.residentByteSize();
    try {
      SSLContext trust = trusting(certificates);
      for (int i = 0; i < READER_COUNT; i++) {
        readers.add(open(server, trust));
      }
      double open = server.residentByteSize();
      double most = open;
      byte[] part = new byte[4096];
      for (int turn = 0; turn < TURN_COUNT; turn++) {
        Thread.sleep(2000);
        for (Socket reader : readers) {
          InputStream in = reader.getInputStream();
          if (in.read(part) < 0) {
            throw new IOException("the server hung up on a slow reader");
          }
        }
        // Looked at now and then, it would be missed.
        most = server.peakByteSize();
        log.accept("  " + mode + " turn " + turn + ": " + bytes(most));
      }
      table.row(mode, bytes(before), bytes(open), bytes(most));
      section.add(
          Figure.of(
              "peak of resident memory with " + READER_COUNT + " slow readers of 10 MB, " + mode,
              "≤ 256 MiB",
              bytes(most),
              "",
              most <= LARGEST));
    } finally {
      for (Socket reader : readers) {
        reader.close();
      }
    }
  }

  private static SSLContext trusting(Path certificates) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (InputStream in = Files.newInputStream(certificates)) {
      store.setCertificateEntry(
          "server", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  private static Socket open(Server server, SSLContext trust) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout(TIMEOUT_MILLIS);
    if (server.isTls()) {
      SSLSocket secure =
          (SSLSocket)
              trust.getSocketFactory().createSocket(socket, "localhost", server.port(), true);
      var parameters = secure.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {"h2"});
      secure.setSSLParameters(parameters);
      socket = secure;
    }
    socket.getOutputStream().write(hello(server.isTls()));
    socket.getOutputStream().flush();
    return socket;
  }

  /** The preface, both windows opened wide, and a GET of /file: RFC 9113 and RFC 7541. */
  private static byte[] hello(boolean isTls) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    frame(all, 4, 0, 0, ByteBuffer.allocate(6).putShort((short) 4).putInt(Integer.MAX_VALUE));
    frame(all, 8, 0, 0, ByteBuffer.allocate(4).putInt(1 << 30));
    ByteBuffer get = ByteBuffer.allocate(19);
    get.put((byte) 0x82).put((byte) (isTls ? 0x87 : 0x86));
    get.put((byte) 0x04).put((byte) 5).put("/file".getBytes(StandardCharsets.US_ASCII));
    get.put((byte) 0x41).put((byte) 8).put("the-host".getBytes(StandardCharsets.US_ASCII));
    frame(all, 1, 5, 1, get);
    return all.toByteArray();
  }

  private static void frame(
      ByteArrayOutputStream to, int type, int flags, int streamId, ByteBuffer payload) {
    int byteSize = payload.position();
    ByteBuffer frame = ByteBuffer.allocate(9 + byteSize);
    frame.putInt(byteSize << 8 | type).put((byte) flags).putInt(streamId);
    to.writeBytes(frame.put(payload.flip()).array());
  }
}
