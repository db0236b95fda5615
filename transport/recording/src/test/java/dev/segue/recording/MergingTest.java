package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapMessage;
import dev.segue.mcap.McapReader;
import dev.segue.mcap.McapWriter;
import dev.segue.mcap.McapWriterOptions;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectWriter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which of several recordings are read at a time, and in which order their messages come. */
@Timeout(60)
class MergingTest {
  private static final String TO = "to.mcap";

  private final Path directory;
  private final ObjectStore store;

  MergingTest(@TempDir Path directory) throws IOException {
    this.directory = directory;
    this.store = ObjectStore.open(directory.toUri().toString());
  }

  @AfterEach
  void close() {
    store.close();
  }

  /** A recording whose topic has its name. */
  private void write(String name, long... times) throws IOException {
    try (ObjectWriter object = store.write(name);
        McapWriter writer = McapWriter.to(object, "", "test", McapWriterOptions.indexed())) {
      int channel = writer.addChannel(0, name, "", Map.of());
      for (int i = 0; i < times.length; i++) {
        writer.write(channel, i, times[i], 0, SegmentedBytes.copyOf(new byte[8]));
      }
      writer.finish();
      object.finish();
    }
  }

  private void cutOff(String name, long byteCount) throws IOException {
    try (FileChannel file = FileChannel.open(directory.resolve(name), StandardOpenOption.WRITE)) {
      file.truncate(file.size() - byteCount);
    }
  }

  /** Returns topic and time of each message. */
  private List<String> merge(RecordingPart part, String... names) throws IOException {
    Map<String, ObjectReader> sources = new LinkedHashMap<>();
    for (String name : names) {
      sources.put(name, store.read(name));
    }
    try (ObjectWriter into = store.write(TO)) {
      Rewriting.all().part(part).write(sources, into);
    }
    List<String> all = new ArrayList<>();
    try (McapReader reader = McapReader.open(store.read(TO))) {
      for (var next = reader.next(); next.isPresent(); next = reader.next()) {
        try (McapMessage message = next.get()) {
          all.add(message.channel().topic() + message.logTimeNanos());
        }
      }
    }
    return all;
  }

  /** A day of files of a minute each took 2 MB for each, though one is read after the other. */
  @Test
  void recordingsThatFollowEachOtherAreReadOneAtATime() throws Exception {
    write("a", 1, 2, 3);
    write("b", 11, 12, 13);
    write("c", 21, 22, 23);
    List<String> read = new ArrayList<>();
    RecordingPart part =
        RecordingPart.all()
            .topics(
                topic -> {
                  if (read.isEmpty() || !read.getLast().equals(topic)) {
                    read.add(topic);
                  }
                  return true;
                });
    assertEquals(
        List.of("a1", "a2", "a3", "b11", "b12", "b13", "c21", "c22", "c23"),
        merge(part, "c", "a", "b"));
    assertEquals(List.of("a", "b", "c"), read);
  }

  @Test
  void recordingsThatOverlapAreInTheOrderOfTheirTimes() throws Exception {
    write("a", 1, 10, 20, 30);
    write("b", 5, 20, 25);
    write("c", 10, 10, 40);
    write("d");
    write("e", 20);
    assertEquals(
        List.of("a1", "b5", "a10", "c10", "c10", "a20", "b20", "e20", "b25", "a30", "c40"),
        merge(RecordingPart.all(), "a", "d", "b", "c", "e"));
    assertEquals(
        List.of("e20", "a20", "b20", "b25"),
        merge(RecordingPart.all().between(20, 29), "e", "d", "a", "b", "c"));
  }

  /** Nothing says when it begins. */
  @Test
  void oneThatWasCutOffIsInItsPlaceAsWell() throws Exception {
    write("a", 1, 10, 20);
    write("b", 5, 15, 25);
    cutOff("b", 20);
    List<String> merged = merge(RecordingPart.all(), "a", "b");
    assertEquals(List.of("a1", "b5", "a10", "b15", "a20", "b25"), merged);
    assertTrue(Player.readSummary(store, "b").isEmpty());
  }
}
