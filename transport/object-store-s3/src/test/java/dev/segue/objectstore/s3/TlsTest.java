package dev.segue.objectstore.s3;

import static dev.segue.objectstore.ObjectStoreContract.MIB;
import static dev.segue.objectstore.ObjectStoreContract.SETTINGS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.objectstore.Data;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.http.TlsEngines;
import dev.segue.objectstore.spi.StoreUri;
import dev.segue.testkit.TestKeys;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** TLS against a server with a certificate of its own. */
@Timeout(120)
class TlsTest {
  @TempDir Path directory;

  static KeyStore keys(Path directory, String name) throws Exception {
    Path file = directory.resolve("keys-" + name.replace(':', '-'));
    return new TestKeys(file).add("server", "EC", "-ext", "san=" + name).load();
  }

  static SSLContext context(KeyStore keys) throws Exception {
    KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    own.init(keys, TestKeys.PASSWORD.toCharArray());
    TrustManagerFactory trusted =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    KeyStore certificates = KeyStore.getInstance("PKCS12");
    certificates.load(null, null);
    certificates.setCertificateEntry("ca", keys.getCertificate("server"));
    trusted.init(certificates);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
    return context;
  }

  /** Ends TLS in front of a plain server. */
  static ServerSocket terminator(SSLContext context, URI upstream) throws Exception {
    ServerSocket listening =
        context
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                while (true) {
                  Socket client = listening.accept();
                  Socket server = new Socket(upstream.getHost(), upstream.getPort());
                  Thread.ofVirtual().start(() -> pump(client, server));
                  Thread.ofVirtual().start(() -> pump(server, client));
                }
              } catch (Exception e) {
                return;
              }
            });
    return listening;
  }

  private static void pump(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (Exception e) {
      return;
    }
  }

  private static ObjectStore open(ServerSocket listening, TlsEngines engines) throws Exception {
    return S3Store.open(
        StoreUri.parse(
            "s3://" + S3Server.BUCKET + "?endpoint=https://127.0.0.1:" + listening.getLocalPort()),
        StoreSettings.of(
            Map.of(
                "SEGUE_GET_PART_SIZE", SETTINGS.get("SEGUE_GET_PART_SIZE"),
                "SEGUE_GET_THRESHOLD", SETTINGS.get("SEGUE_GET_THRESHOLD"),
                "SEGUE_PUT_PART_SIZE", SETTINGS.get("SEGUE_PUT_PART_SIZE"),
                "SEGUE_ATTEMPTS", "2")),
        S3Server.CREDENTIALS,
        engines);
  }

  @Test
  void bytesAreDecryptedIntoTheDestination() throws Exception {
    SSLContext context = context(keys(directory, "ip:127.0.0.1"));
    try (S3Server server = new S3Server();
        ServerSocket listening = terminator(context, server.endpoint());
        ObjectStore store = open(listening, TlsEngines.of(context));
        Arena arena = Arena.ofShared()) {
      MemorySegment data = Data.random(arena, 12 * MIB + 3);
      CopyLedger.Snapshot before = CopyLedger.snapshot();
      store.put("k", Data.regions(data, 700_001));
      MemorySegment region = arena.allocate(data.byteSize());
      store.get("k", region);
      assertTrue(Data.same(region, data));
      CopyLedger.Snapshot copied = CopyLedger.snapshot().since(before);
      assertEquals(0, copied.byteCount("objectstore.http.foreignClient"));
      assertTrue(copied.totalByteCount() < 400_000, copied::toString);
    }
  }

  @Test
  void aCertificateOfNobodyOrOfAnotherNameIsRefused() throws Exception {
    SSLContext stranger = context(keys(directory, "ip:127.0.0.1"));
    SSLContext otherName = context(keys(directory, "dns:elsewhere.example"));
    try (S3Server server = new S3Server();
        Arena arena = Arena.ofShared();
        ServerSocket one = terminator(stranger, server.endpoint());
        ServerSocket two = terminator(otherName, server.endpoint());
        ObjectStore untrusted = open(one, TlsEngines.of(SSLContext.getDefault()));
        ObjectStore misnamed = open(two, TlsEngines.of(otherName))) {
      for (ObjectStore store : new ObjectStore[] {untrusted, misnamed}) {
        ObjectStoreException failure =
            assertThrows(ObjectStoreException.class, () -> store.get("k", arena.allocate(10)));
        assertTrue(failure.getMessage().contains("TLS"), failure::getMessage);
      }
    }
  }
}
