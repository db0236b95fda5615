package dev.segue.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bench.harness.Rounds;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SeguePeerTest {
  @Test
  void aPercentileOfOursIsTheRankThatThePeersPrintUnderThatName() throws Exception {
    String rust = Files.readString(Path.of("peers/zenoh-rust/src/main.rs"));
    assertTrue(rust.contains("us(nanos[n / 2])"), "p50 of the Rust peer");
    assertTrue(rust.contains("us(nanos[n * 99 / 100])"), "p99 of the Rust peer");
    String python = Files.readString(Path.of("peers/zenoh_python.py"));
    assertTrue(python.contains("us(nanos[n // 2])"), "p50 of the Python peer");
    assertTrue(python.contains("us(nanos[n * 99 // 100])"), "p99 of the Python peer");
    // As many round trips over TCP as a round of a whole run has, in microseconds from 1 to 100.
    double[] nanos = IntStream.rangeClosed(1, 100).mapToDouble(each -> each * 1e3).toArray();
    String line = SeguePeer.line("segue round trip", nanos);
    assertEquals(51, Rounds.field(line, "p50_us"), line);
    assertEquals(100, Rounds.field(line, "p99_us"), line);
  }
}
