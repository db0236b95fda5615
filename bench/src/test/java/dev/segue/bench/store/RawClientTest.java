package dev.segue.bench.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bench.harness.PeerCache;
import dev.segue.bench.store.StoreContender.Kind;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class RawClientTest {
  @Test
  void bareSocketsDoNothingUnderTheNameOfAWorkThatTheyCannotDo() throws Exception {
    Optional<Path> server =
        PeerCache.cProgram(Path.of("peers/store/null_server.c"), System.err::println);
    Optional<Path> client =
        PeerCache.cProgram(Path.of("peers/store/raw_client.c"), System.err::println);
    assumeTrue(server.isPresent() && client.isPresent(), "no C compiler");
    StoreContender raw =
        new StoreContender("raw", Kind.LIMIT, false, List.of(client.get().toString()));
    try (NullServer running = NullServer.start(server.get(), 1 << 20, 1 << 20);
        WorkProcess process = WorkProcess.start(raw, running.endpoint(), 4)) {
      assertTrue(process.run("put64").isPresent());
      for (String work : List.of("put64-crc32c", "put1g-crc32c", "getsmall", "putsmall")) {
        assertEquals(Optional.empty(), process.run(work), work);
      }
      assertTrue(process.run("get64").isPresent());
    }
  }
}
