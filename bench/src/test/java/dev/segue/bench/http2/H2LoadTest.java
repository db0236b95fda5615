package dev.segue.bench.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class H2LoadTest {
  private static final H2Load.Shape ONE = new H2Load.Shape(1, 1);

  @Test
  void aServerThatAnswersWithLessThanTheFileIsNoQuickerServer() throws Exception {
    assumeTrue(Servers.isInstalled(H2Load.COMMAND), "no h2load");
    try (Servers servers = new Servers();
        Server server = servers.start(Servers.SEGUE, false)) {
      H2Load.Run whole = H2Load.run(server, "/file", 2, ONE);
      assertEquals(2, whole.succeededCount());
      IOException less =
          assertThrows(IOException.class, () -> H2Load.run(server, "/bytes/1000", 2, ONE));
      assertTrue(String.valueOf(less.getMessage()).contains("sent byteSize=2000"), less::toString);
    }
  }
}
