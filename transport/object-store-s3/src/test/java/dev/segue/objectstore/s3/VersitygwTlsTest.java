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
import dev.segue.objectstore.TestAuthority;
import dev.segue.objectstore.http.TlsEngines;
import dev.segue.objectstore.spi.StoreUri;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Go's TLS, with a certificate of an authority of its own. */
@Timeout(120)
class VersitygwTlsTest {
  @TempDir static Path authorityDirectory;
  @TempDir Path directory;

  private static @Nullable TestAuthority created;

  @BeforeAll
  static void needsServer() throws Exception {
    Versitygw.assumeInstalled();
    created = TestAuthority.create(authorityDirectory);
  }

  private static TestAuthority authority() {
    return Objects.requireNonNull(created);
  }

  private static ObjectStore open(Versitygw server, TlsEngines engines) throws Exception {
    Map<String, String> settings = new HashMap<>(SETTINGS);
    settings.put("SEGUE_ATTEMPTS", "2");
    return S3Store.open(
        StoreUri.parse("s3://" + S3Server.BUCKET + "?endpoint=" + server.endpoint()),
        StoreSettings.of(settings),
        S3Server.CREDENTIALS,
        engines);
  }

  @Test
  void partsAndRangesGoThroughTheTlsOfARealServer() throws Exception {
    try (Versitygw server = Versitygw.start(directory, authority());
        ObjectStore store = open(server, authority().engines());
        Arena arena = Arena.ofShared()) {
      MemorySegment data = Data.random(arena, 23 * MIB + 3);
      CopyLedger.Snapshot before = CopyLedger.snapshot();
      store.put("k", Data.regions(data, 700_001));
      MemorySegment region = arena.allocate(data.byteSize());
      store.get("k", region);
      assertTrue(Data.same(region, data));
      CopyLedger.Snapshot copied = CopyLedger.snapshot().since(before);
      assertEquals(0, copied.byteCount("objectstore.http.foreignClient"));
      assertTrue(copied.totalByteCount() < MIB, copied::toString);
    }
  }

  @Test
  void anAuthorityThatNobodyTrustsIsRefused() throws Exception {
    TestAuthority other = TestAuthority.create(directory);
    try (Versitygw server = Versitygw.start(directory, authority());
        Arena arena = Arena.ofShared()) {
      for (TlsEngines engines :
          new TlsEngines[] {TlsEngines.of(SSLContext.getDefault()), other.engines()}) {
        try (ObjectStore store = open(server, engines)) {
          ObjectStoreException failure =
              assertThrows(ObjectStoreException.class, () -> store.get("k", arena.allocate(10)));
          assertTrue(failure.getMessage().contains("TLS"), failure::getMessage);
        }
      }
    }
  }
}
