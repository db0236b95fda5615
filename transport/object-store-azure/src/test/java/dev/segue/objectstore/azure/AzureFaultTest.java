package dev.segue.objectstore.azure;

import static dev.segue.objectstore.ObjectStoreContract.MIB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.objectstore.Data;
import dev.segue.objectstore.FaultContract;
import dev.segue.objectstore.FaultProxy.Kind;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.checksum.Crc;
import dev.segue.objectstore.internal.RemoteStore;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AzureFaultTest extends FaultContract {
  private static Azurite server;

  @BeforeAll
  static void startServer() throws Exception {
    server = Azurite.start();
  }

  @AfterAll
  static void stopServer() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @Override
  public URI server() {
    return server.endpoint();
  }

  @Override
  public RemoteStore open(URI endpoint, Map<String, String> settings) throws IOException {
    return Azurite.open(endpoint.resolve("/" + Azurite.ACCOUNT).toString(), settings);
  }

  @Override
  public Crc crc() {
    return Crc.CRC64NVME;
  }

  @Test
  void aBlockThatIsSpoiltOnItsWayIsRefusedAndSentAgain() throws Exception {
    proxy.add(Kind.CORRUPT_REQUEST, 400_000);
    store.put("small", Data.regions(data.asSlice(MIB, MIB), 77_777));
    assertEquals(1, store.retriedCount());
    proxy.add(Kind.CORRUPT_REQUEST, 400_000);
    store.put("large", Data.regions(data, 77_777));
    MemorySegment region = arena.allocate(12 * MIB);
    try (ObjectStore direct = direct()) {
      direct.get("large", region);
      assertTrue(Data.same(region, data));
      direct.get("small", region);
      assertTrue(Data.same(region.asSlice(0, MIB), data.asSlice(MIB, MIB)));
    }
  }
}
