package dev.segue.bench.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Section;
import dev.segue.bench.store.StoreContender.Kind;
import dev.segue.bench.store.StoreReport.Work;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Contenders are scripts here, which say what they took. */
@Timeout(60)
class TurnsTest {
  private static final Work WORK = new Work("get1g", "GET of 1 GiB", 1, "GiB");

  private final Section section = new Section("store-get", "");

  private static StoreContender taking(String name, Kind kind, String... walls) {
    StringBuilder answers = new StringBuilder("echo ready; ");
    for (String wall : walls) {
      answers.append("read work; echo done wall=").append(wall).append("; ");
    }
    return new StoreContender(name, kind, false, List.of("sh", "-c", answers + "read end", "sh"));
  }

  private Turns turns(int rounds, StoreContender... contenders) throws Exception {
    return Turns.run(
        List.of(contenders),
        "http://nowhere",
        16,
        new Turns.Plan("get1g", 0, List.of("get1g"), rounds),
        section,
        line -> {});
  }

  private Figure wall(Turns turns) {
    return new StoreReport(turns, section)
        .againstEveryPeer(WORK, "wall", Took::wallSeconds, false)
        .orElseThrow();
  }

  @Test
  void everyPeerMeansEachOfThemNotTheNearestOneAlone() throws Exception {
    StoreContender ours = taking("segue", Kind.OURS, "1.0", "1.0", "1.0");
    StoreContender near = taking("near", Kind.PEER, "1.05", "1.06", "1.05");
    StoreContender erratic = taking("erratic", Kind.PEER, "3.0", "0.7", "1.1");
    Figure figure = wall(turns(3, ours, near, erratic));
    assertTrue(figure.versus().contains("near "), figure.versus());
    assertEquals(Figure.Verdict.UNDECIDED, figure.verdict());
    assertEquals(
        Figure.Verdict.PASS,
        wall(turns(3, ours, near)).verdict(),
        "without the one that decides nothing");
  }

  @Test
  void whatOursCannotDoIsAFailureOfTheBenchAndWhatAPeerCannotDoIsARemark() throws Exception {
    StoreContender broken = new StoreContender("broken", Kind.PEER, false, List.of("false"));
    Turns turns = turns(1, taking("segue", Kind.OURS, "1.0"), broken);
    assertEquals(List.of(), section.failures());
    assertTrue(
        section.remarks().stream().anyMatch(each -> each.startsWith("broken FAILED")),
        "" + section.remarks());
    assertEquals("no peer to compare with", wall(turns).reached());

    StoreContender segue = new StoreContender("segue", Kind.OURS, false, List.of("false"));
    Turns without = turns(1, segue, taking("peer", Kind.PEER, "1.0"));
    assertEquals(1, section.failures().size(), section.failures().toString());
    assertEquals("not measured, as ours failed", wall(without).reached());
  }

  @Test
  void oneThatFailsDoesNotGoOnWhileOthersAreMeasured(@TempDir Path directory) throws Exception {
    Path pid = directory.resolve("pid");
    StoreContender stuck =
        new StoreContender(
            "stuck",
            Kind.PEER,
            false,
            List.of(
                "sh",
                "-c",
                "echo $$ > \"$0\"; echo ready; read work; echo failed at it; exec sleep 50",
                pid.toString()));
    List<Boolean> alive = new ArrayList<>();
    Turns.run(
        List.of(taking("segue", Kind.OURS, "1.0", "1.0"), stuck),
        "http://nowhere",
        16,
        new Turns.Plan("get1g", 0, List.of("get1g"), 2),
        section,
        line -> {
          if (line.startsWith("get1g round 1")) {
            alive.add(isAlive(pid));
          }
        });
    assertEquals(List.of(false), alive, section.remarks().toString());
  }

  private static boolean isAlive(Path pid) {
    try {
      return ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))
          .map(ProcessHandle::isAlive)
          .orElse(false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
