package dev.segue.bench.cross;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bench.report.Section;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CrossTest {
  private final List<String> log = new ArrayList<>();

  @ParameterizedTest
  @CsvSource({"shm,handler", "tcp,receive"})
  @Timeout(60)
  void aFrameGoesToAnotherProcessAndAnAckComesBack(String lane, String receiving) throws Exception {
    Section section = new Section("trip", "");
    new RoundTrips(lane, 1 << 20, 20, 1.1)
        .run(List.of(Contender.segue(receiving)), 1, section, log::add);
    assertEquals(1, log.size());
    assertEquals(1, section.figures().size());
    assertTrue(section.tables().getFirst().toMarkdown().contains("segue " + receiving));
  }

  @Test
  @Timeout(60)
  void messagesAreCountedEachSecond() throws Exception {
    Section section = new Section("throughput", "");
    new Throughput(List.of(new Throughput.Load(1024, 0.9)), 4)
        .run(List.of(Contender.segue("poll:backoff")), 1, section, log::add);
    assertTrue(section.figures().getFirst().reached().contains("/s"));
  }

  @Test
  @Timeout(60)
  void aSoakSamplesBothProcesses() throws Exception {
    Section section = new Section("soak", "");
    new Soak("shm", 10_000, 1 << 20).run(section, log::add);
    assertEquals(1, section.figures().size());
    String tables = section.tables().toString();
    assertTrue(section.tables().getFirst().toMarkdown().contains("10,000 of 10,000"), tables);
  }

  @Test
  void aChildThatFailsIsAnErrorWithWhatItSaid() throws Exception {
    List<String> command = Contender.segue("handler").command("dance", "tcp", "tcp/127.0.0.1:1");
    try (Child child = Child.start("a dancer", command)) {
      IOException error = assertThrows(IOException.class, child::awaitReady);
      String message = String.valueOf(error.getMessage());
      assertTrue(message.startsWith("a dancer ended"), message);
      assertTrue(message.contains("unknown role: dance"), message);
      assertThrows(IOException.class, () -> child.awaitSuccess(Duration.ofSeconds(10)));
    }
  }

  @Test
  void fieldsOfPeersLinesAreFoundByName() {
    String line = "rust put    mean_us=9.1 p50_us=7.3 p90_us=8.8 p99_us=20.1 min_us=6.0";
    assertEquals(7.3, Round.field(line, "p50_us"));
    assertThrows(IllegalArgumentException.class, () -> Round.field(line, "p100_us"));
  }

  @Test
  void anUnknownWayOfReceivingIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> Contender.segue("telepathy"));
  }
}
