package dev.segue.objectstore.s3;

import static dev.segue.objectstore.ObjectStoreContract.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.http.HttpProxy;
import dev.segue.objectstore.http.ProxyVariables;
import dev.segue.objectstore.http.ScriptedServer;
import dev.segue.objectstore.http.TlsEngines;
import dev.segue.objectstore.spi.StoreUri;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/** Stores behind a proxy, which alone knows the way to the server. */
@Timeout(60)
class ProxyTest {
  @TempDir Path directory;

  private final List<String> heads = new CopyOnWriteArrayList<>();

  private static void pump(InputStream from, Socket to) {
    try {
      byte[] bytes = new byte[64 << 10];
      for (int count = from.read(bytes); count >= 0; count = from.read(bytes)) {
        to.getOutputStream().write(bytes, 0, count);
      }
      to.shutdownOutput();
    } catch (IOException e) {
      return;
    }
  }

  /** Connects whatever is asked for to one server. */
  private ScriptedServer proxyTo(URI server) throws IOException {
    return new ScriptedServer(
        (number, head, socket) -> {
          heads.add(head);
          try (Socket upstream = new Socket(server.getHost(), server.getPort())) {
            if (head.startsWith("CONNECT")) {
              ScriptedServer.send(socket, "HTTP/1.1 200 OK\r\n\r\n");
            } else {
              // A proxy sends the path alone, and keeps what was said to it.
              String plain =
                  head.replaceFirst("http://[^/]*", "")
                      .replaceFirst("(?i)Proxy-Authorization: [^\r]*\r\n", "");
              upstream.getOutputStream().write(plain.getBytes(StandardCharsets.ISO_8859_1));
            }
            Thread back = Thread.ofVirtual().start(() -> pump(input(upstream), socket));
            pump(socket.getInputStream(), upstream);
            back.join();
          }
        });
  }

  private static InputStream input(Socket socket) {
    try {
      return socket.getInputStream();
    } catch (IOException e) {
      return InputStream.nullInputStream();
    }
  }

  private static S3Store open(URI endpoint, String proxy, TlsEngines engines)
      throws ObjectStoreException {
    return S3Store.open(
        StoreUri.parse("s3://" + S3Server.BUCKET + "?endpoint=" + endpoint + "&proxy=" + proxy),
        StoreSettings.defaults().attemptCount(2),
        S3Server.CREDENTIALS,
        engines);
  }

  private static void putAndGet(ObjectStore store) throws Exception {
    try (Arena arena = Arena.ofConfined()) {
      store.put("k", SegmentedBytes.copyOfUtf8("hello"));
      MemorySegment region = arena.allocate(6);
      store.get("k", region);
      assertEquals("hello", region.getString(0));
    }
  }

  @Test
  void plainRequestsGoThroughAProxy() throws Exception {
    TlsEngines engines = TlsEngines.of(SSLContext.getDefault());
    try (S3Server server = new S3Server();
        ScriptedServer proxy = proxyTo(server.endpoint())) {
      String url = "http://user:secret@127.0.0.1:" + proxy.uri().getPort();
      // Only the proxy knows where port 9 of 127.0.0.1 leads.
      try (ObjectStore store = open(URI.create("http://127.0.0.1:9"), url, engines)) {
        putAndGet(store);
      }
      assertTrue(heads.getFirst().startsWith("PUT http://127.0.0.1:"), heads::toString);
      assertTrue(
          heads.getFirst().contains("Proxy-Authorization: Basic dXNlcjpzZWNyZXQ="),
          heads::toString);
    }
  }

  @Test
  void tlsGoesThroughATunnelAndIsCheckedAgainstTheServersName() throws Exception {
    SSLContext context = TlsTest.context(TlsTest.keys(directory, "ip:127.0.0.1"));
    TlsEngines engines = TlsEngines.of(context);
    try (S3Server server = new S3Server();
        ServerSocket tls = TlsTest.terminator(context, server.endpoint());
        ScriptedServer proxy = proxyTo(URI.create("http://127.0.0.1:" + tls.getLocalPort()))) {
      String url = "http://127.0.0.1:" + proxy.uri().getPort();
      // Only the proxy knows where port 9 of 127.0.0.1 leads.
      try (ObjectStore store = open(URI.create("https://127.0.0.1:9"), url, engines)) {
        putAndGet(store);
      }
      assertTrue(heads.getFirst().startsWith("CONNECT 127.0.0.1:9 HTTP/1.1"), heads::toString);
    }
  }

  @Test
  void theEnvironmentsProxyIsAskedForOthersThanThisMachine() throws Exception {
    try (S3Server server = new S3Server();
        ScriptedServer proxy = proxyTo(server.endpoint());
        DirectHttpClient http =
            DirectHttpClient.builder()
                .proxies(
                    ProxyVariables.of(Map.of("http_proxy", "127.0.0.1:" + proxy.uri().getPort())))
                .build()) {
      for (String endpoint : List.of("http://store.invalid:9", server.endpoint().toString())) {
        try (S3AsyncClient s3 =
            S3AsyncClient.builder()
                .httpClient(http)
                .credentialsProvider(S3Server.CREDENTIALS)
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .endpointOverride(URI.create(endpoint))
                .build()) {
          s3.headBucket(request -> request.bucket(S3Server.BUCKET)).join();
        }
      }
      assertEquals(1, heads.size(), heads::toString);
      assertTrue(heads.getFirst().startsWith("HEAD http://store.invalid:9/"), heads::toString);
    }
  }

  @Test
  void aProxyThatRefusesIsNamedInTheFault() throws Exception {
    TlsEngines engines = TlsEngines.of(SSLContext.getDefault());
    try (ScriptedServer proxy =
            ScriptedServer.of("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
        ObjectStore store =
            open(
                URI.create("https://127.0.0.1:9"),
                "http://user:secret@127.0.0.1:" + proxy.uri().getPort(),
                engines)) {
      ObjectStoreException failure = failure(Reason.UNAVAILABLE, () -> store.head("k"));
      assertTrue(
          failure.getMessage().contains("CONNECT 127.0.0.1:9: status=407"), failure::toString);
      assertTrue(!failure.getMessage().contains("secret"), failure::toString);
    }
  }

  @Test
  void aProxyIsAUrl() {
    for (String wrong : List.of("127.0.0.1:3128", "https://h:1", "http://", "http://a b")) {
      assertThrows(IllegalArgumentException.class, () -> HttpProxy.parse(wrong));
    }
    assertEquals(8080, HttpProxy.parse("http://proxy").port());
  }
}
