package dev.segue.bench.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.bench.harness.Contender.Style;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ContenderTest {
  private static Contender of(String name, String system, Style style) {
    return Contender.ofAll(name, system, style, List.of("true"));
  }

  @Test
  void onlyContendersOfOneStyleAreComparedAndNobodyElseHasTheOtherStyles() {
    Contender callback = of("rust callback", Contender.RUST, Style.CALLED);
    Contender coresDefaults = of("rust callback, core's own defaults", Contender.RUST, Style.OTHER);
    List<Contender> all = List.of(coresDefaults, callback);
    assertEquals(
        Optional.of(callback), of("segue handler", Contender.SEGUE, Style.CALLED).core(all));
    assertEquals(Optional.empty(), of("segue receive", Contender.SEGUE, Style.BLOCKING).core(all));
    // A way of polling that only ours has is not like a callback with another configuration.
    assertEquals(Optional.empty(), of("segue poll:busy", Contender.SEGUE, Style.OTHER).core(all));
  }

  @Test
  void theVersionOfTheCoreIsThatOfTheLockFile() {
    assertEquals("1.10.2", Peers.lockedVersion(Path.of("peers/zenoh-rust/Cargo.lock"), "zenoh"));
    assertEquals("0.10.0", Peers.lockedVersion(Path.of("peers/iceoryx2/Cargo.lock"), "iceoryx2"));
    assertEquals("unknown", Peers.lockedVersion(Path.of("peers/no.lock"), "zenoh"));
  }
}
