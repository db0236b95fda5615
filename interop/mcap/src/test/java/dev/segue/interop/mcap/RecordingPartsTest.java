package dev.segue.interop.mcap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.testkit.Peers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code segue recording cut}, {@code filter} and {@code merge}: what Python's mcap finds then. */
@Timeout(300)
class RecordingPartsTest {
  private static final long START = 1_700_000_000_000_000_000L;
  private static final long STEP = 100_000_000L;

  @TempDir Path directory;

  @BeforeAll
  static void needsPython() throws Exception {
    Peers.assumePython("mcap");
  }

  private String make(String name, String mode, long start, int count, String robot)
      throws Exception {
    String file = at(name);
    Peers.python(
        "peer.py",
        "make",
        file,
        mode,
        Long.toString(start),
        Long.toString(STEP),
        Integer.toString(count),
        robot);
    return file;
  }

  private String at(String name) {
    return directory.resolve(name).toString();
  }

  private static List<String> dump(String file) throws Exception {
    return Peers.python("peer.py", "dump", file);
  }

  private static List<String> those(List<String> lines, Predicate<String> wanted) {
    return lines.stream().filter(wanted).toList();
  }

  private static boolean isMessage(String line) {
    return line.startsWith("message ");
  }

  private static boolean isBeside(String line) {
    return line.startsWith("attachment ") || line.startsWith("metadata ");
  }

  private static long logTime(String line) {
    // The channel's metadata has blanks of its own.
    String[] words = line.split(" ", -1);
    return Long.parseLong(words[words.length - 3]);
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "chunks", "lz4", "zstd"})
  void aCutHasTheMessagesOfItsTimesAndAllThatBelongsToTheFile(String mode) throws Exception {
    String file = make("theirs.mcap", mode, START, 100, "robot");
    List<String> all = dump(file);
    SegueRun run =
        SegueRun.done(
            "recording", "cut", file, at("cut.mcap"), "--from", "2s", "--to", "4s", "--json");
    assertTrue(run.out().contains("\"messages\":21,"), run::toString);
    List<String> cut = dump(at("cut.mcap"));
    assertEquals(
        those(
            all,
            line ->
                isMessage(line)
                    && logTime(line) >= START + 20 * STEP
                    && logTime(line) <= START + 40 * STEP),
        those(cut, RecordingPartsTest::isMessage));
    assertEquals(
        those(all, RecordingPartsTest::isBeside), those(cut, RecordingPartsTest::isBeside));
    assertEquals("statistics 21 2 1 2 1", cut.getLast());

    // The same by the time of the day.
    SegueRun.done(
        "recording",
        "cut",
        file,
        at("again.mcap"),
        "--from",
        "2023-11-14T22:13:22Z",
        "--to",
        "2023-11-14T22:13:24Z");
    assertEquals(cut, dump(at("again.mcap")));
  }

  @Test
  void aCutWithNothingInItIsARecordingWithoutMessages() throws Exception {
    String file = make("theirs.mcap", "zstd", START, 100, "robot");
    SegueRun run =
        SegueRun.done("recording", "cut", file, at("cut.mcap"), "--from", "1h", "--json");
    assertTrue(run.out().contains("\"messages\":0,"), run::toString);
    List<String> cut = dump(at("cut.mcap"));
    assertEquals(List.of(), those(cut, RecordingPartsTest::isMessage));
    assertEquals(3, those(cut, RecordingPartsTest::isBeside).size());
    SegueRun none =
        SegueRun.of("recording", "cut", file, at("no.mcap"), "--from", "3s", "--to", "2s");
    assertEquals(2, none.status(), none::toString);
    assertTrue(none.err().contains("--from 3s is after --to 2s"), none::toString);
    // What has no messages can be cut, filtered and merged again.
    SegueRun.done("recording", "cut", at("cut.mcap"), at("cut2.mcap"), "--from", "1s");
    SegueRun merged =
        SegueRun.done("recording", "merge", at("cut2.mcap"), file, at("m.mcap"), "--json");
    assertTrue(merged.out().contains("\"messages\":100,"), merged::toString);
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "lz4", "zstd"})
  void aFilterKeepsTopicsCompressedAsAskedFor(String compression) throws Exception {
    String file = make("theirs.mcap", "lz4", START, 200, "robot");
    List<String> all = dump(file);
    SegueRun.done(
        "recording",
        "filter",
        file,
        at("a.mcap"),
        "--topics",
        "robot/a",
        "--compress",
        compression);
    List<String> kept = dump(at("a.mcap"));
    assertEquals(
        those(all, line -> line.startsWith("message robot/a ")),
        those(kept, RecordingPartsTest::isMessage));
    assertEquals("statistics 100 1 1 2 1", kept.getLast());
    SegueRun.done(
        "recording", "filter", file, at("b.mcap"), "--without", "robot/a", "--topics", "**");
    assertEquals(
        those(all, line -> line.startsWith("message robot/b/camera ")),
        those(dump(at("b.mcap")), RecordingPartsTest::isMessage));
    SegueRun none =
        SegueRun.done("recording", "filter", file, at("c.mcap"), "--topics", "x/**", "--json");
    assertTrue(none.out().contains("\"messages\":0,"), none::toString);
  }

  @Test
  void recordingsOfOverlappingTimesAreMergedInTheirOrder() throws Exception {
    String one = make("one.mcap", "zstd", START, 100, "one");
    String two = make("two.mcap", "plain", START + 50 * STEP + 1, 100, "two");
    String three = make("three.mcap", "chunks", START + 20 * STEP + 2, 30, "one");
    SegueRun run = SegueRun.done("recording", "merge", one, two, three, at("all.mcap"), "--json");
    assertTrue(run.out().contains("\"messages\":230,"), run::toString);
    List<String> expected = new ArrayList<>();
    for (String file : List.of(one, two, three)) {
      expected.addAll(those(dump(file), RecordingPartsTest::isMessage));
    }
    expected.sort(Comparator.comparingLong(RecordingPartsTest::logTime));
    List<String> merged = dump(at("all.mcap"));
    assertEquals(expected, those(merged, RecordingPartsTest::isMessage));
    assertEquals(9, those(merged, RecordingPartsTest::isBeside).size());
    assertEquals("statistics 230 6 1 6 3", merged.getLast());
  }

  @Test
  void rotatedFilesAreMergedWithoutMoreChannels() throws Exception {
    List<String> command = new ArrayList<>(List.of("recording", "merge"));
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      String file = make("part" + i + ".mcap", "lz4", START + i * 20L * STEP, 20, "robot");
      command.add(file);
      expected.addAll(those(dump(file), RecordingPartsTest::isMessage));
    }
    command.add(at("whole.mcap"));
    SegueRun.done(command.toArray(String[]::new));
    List<String> merged = dump(at("whole.mcap"));
    assertEquals(expected, those(merged, RecordingPartsTest::isMessage));
    assertEquals("statistics 100 2 1 10 5", merged.getLast());
  }

  @Test
  void whatIsCutOffIsUsedAsFarAsItIsWholeAndWhatIsDamagedIsRefused() throws Exception {
    Path whole = Path.of(make("whole.mcap", "lz4", START, 200, "robot"));
    byte[] bytes = Files.readAllBytes(whole);
    Path short0 = Files.write(directory.resolve("short.mcap"), slice(bytes, bytes.length / 2));
    SegueRun relative =
        SegueRun.of("recording", "cut", short0.toString(), at("x.mcap"), "--from", "1s", "--json");
    assertEquals(1, relative.status(), relative::toString);
    assertTrue(relative.err().contains("no summary"), relative::toString);
    assertTrue(relative.out().contains("\"error\":"), relative::toString);
    assertFalse(Files.exists(directory.resolve("x.mcap")));

    SegueRun cut =
        SegueRun.done(
            "recording",
            "cut",
            short0.toString(),
            at("x.mcap"),
            "--from",
            "2023-11-14T22:13:20Z",
            "--json");
    assertTrue(cut.out().contains("\"truncated\":1"), cut::toString);
    assertTrue(cut.err().contains("short.mcap: "), cut::toString);
    List<String> all = those(dump(whole.toString()), RecordingPartsTest::isMessage);
    List<String> kept = those(dump(at("x.mcap")), RecordingPartsTest::isMessage);
    assertTrue(kept.size() > 20 && kept.size() < 200, kept::toString);
    assertEquals(all.subList(0, kept.size()), kept);

    bytes[bytes.length / 3] ^= 1;
    Path damaged = Files.write(directory.resolve("damaged.mcap"), bytes);
    String other = make("other.mcap", "lz4", START, 10, "robot");
    for (List<String> command :
        List.of(
            List.of("cut", damaged.toString(), at("y.mcap"), "--to", "1h"),
            List.of("filter", damaged.toString(), at("y.mcap")),
            List.of("merge", other, damaged.toString(), at("y.mcap")))) {
      SegueRun run =
          SegueRun.of(
              Stream.concat(Stream.of("recording"), command.stream()).toArray(String[]::new));
      assertEquals(1, run.status(), run::toString);
      assertEquals(1, run.err().lines().count(), run::toString);
      assertTrue(run.err().contains("damaged.mcap: "), run::toString);
      assertFalse(Files.exists(directory.resolve("y.mcap")), run::toString);
    }
  }

  private static byte[] slice(byte[] bytes, int length) {
    byte[] part = new byte[length];
    System.arraycopy(bytes, 0, part, 0, length);
    return part;
  }

  @Test
  void nothingIsReplacedAndNothingIsWrittenOverItself() throws Exception {
    String file = make("theirs.mcap", "zstd", START, 10, "robot");
    String there = Files.writeString(directory.resolve("there.mcap"), "yesterday's").toString();
    SegueRun run = SegueRun.of("recording", "cut", file, there);
    assertEquals(1, run.status(), run::toString);
    assertTrue(run.err().contains("is there already"), run::toString);
    assertEquals("yesterday's", Files.readString(Path.of(there)));
    assertEquals(2, SegueRun.of("recording", "merge", file, file).status());
    SegueRun twice = SegueRun.of("recording", "merge", file, file, at("x.mcap"));
    assertEquals(2, twice.status(), twice::toString);
    assertTrue(twice.err().contains("named twice"), twice::toString);
    SegueRun none = SegueRun.of("recording", "filter", at("none.mcap"), at("x.mcap"));
    assertEquals(1, none.status(), none::toString);
    assertTrue(none.err().contains("none.mcap"), none::toString);
    assertFalse(Files.exists(directory.resolve("x.mcap")));
  }
}
