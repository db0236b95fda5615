package dev.segue.bench.iceoryx2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bench.harness.Child;
import dev.segue.bench.harness.Peers;
import dev.segue.bench.peers.IceoryxPeer;
import dev.segue.bench.report.Section;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The crate iceoryx2 on the other side, both ways; skipped where cargo is not installed. */
@EnabledOnOs(OS.LINUX)
class SameHostTest {
  private static final String PREFIX = "segue_bench_test_";
  private static final String COUNT = "300";
  private static final String BYTE_SIZE = "100003";
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final List<String> LOG = new ArrayList<>();

  private static List<String> rust = List.of();

  /** A first build compiles the crate and all that it needs. */
  @BeforeAll
  @Timeout(value = 20, unit = TimeUnit.MINUTES)
  static void buildThePeer() throws InterruptedException {
    Optional<Path> program = new Peers(Path.of("peers"), LOG::add).iceoryx2();
    rust = program.map(built -> List.of(built.toString())).orElse(List.of());
    assertTrue(!rust.isEmpty() || System.getenv("CI") == null, LOG.toString());
    assumeTrue(!rust.isEmpty(), "the peer is not there: " + LOG);
  }

  private static List<String> rust(String style, String... arguments) {
    return with(rust, style, arguments);
  }

  private static List<String> java(String style, String... arguments) {
    return with(IceoryxPeer.command(style), "", arguments);
  }

  private static List<String> with(List<String> command, String style, String... arguments) {
    List<String> whole = new ArrayList<>(command);
    if (!style.isEmpty()) {
      whole.add(style);
    }
    whole.addAll(List.of(arguments));
    return whole;
  }

  @ParameterizedTest
  @ValueSource(strings = {"yield", "wait"})
  @Timeout(300)
  void eachFrameOfJavaIsReadWholeByRust(String style) throws Exception {
    String name = name();
    exchange(
        rust(style, "sum", PREFIX, name, "1"),
        java(style, "fill", PREFIX, name, "1", COUNT, BYTE_SIZE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"yield", "wait"})
  @Timeout(300)
  void eachFrameOfRustIsReadWholeByJava(String style) throws Exception {
    String name = name();
    exchange(
        java(style, "sum", PREFIX, name, "1"),
        rust(style, "fill", PREFIX, name, "1", COUNT, BYTE_SIZE));
  }

  private static String name() {
    return ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
  }

  /** The one that fills frames checks each answer. */
  private static void exchange(List<String> answering, List<String> filling) throws Exception {
    try (Child sums = Child.start("sums", answering)) {
      sums.awaitReady();
      try (Child fills = Child.start("fills", filling)) {
        fills.awaitSuccess(Duration.ofMinutes(2));
        assertEquals(1, fills.lines("round trip").size());
      }
    }
  }

  @Test
  @Timeout(600)
  void allRowsOfTheBenchComeToTheirEnd() throws Exception {
    Section section = new Section("same-host", "");
    List<String> log = new ArrayList<>();
    new SameHost(1 << 20, new SameHost.Plan(1, 20, 1, 1 << 20), rust, section, log::add).run();
    assertEquals(List.of(), section.failures());
    assertEquals(List.of(), section.remarks(), log.toString());
    assertEquals(9, section.tables().getFirst().data().rows().size());
    assertEquals(4, section.tables().size());
    assertEquals(5, section.figures().size());
  }
}
