package dev.segue.cli.store;

import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.Quantities;
import dev.segue.cli.terminal.Watch;
import dev.segue.objectstore.ObjectInfo;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The totals of what a command has moved.
 *
 * @param resumedByteSize of them, what an interrupted copy had left there
 * @param etag of the object that was made; empty if there are several
 * @param replaced whether there was a file before where one object was read to
 * @param copies bytes copied in user space, by place, without those of none
 */
record Outcome(
    String command,
    String from,
    String to,
    long objectCount,
    long skippedCount,
    long failedCount,
    long byteSize,
    long resumedByteSize,
    double seconds,
    String etag,
    boolean replaced,
    Map<String, Long> copies) {
  Outcome {
    Map<String, Long> some = new TreeMap<>(copies);
    some.values().removeIf(count -> count == 0);
    copies = Map.copyOf(some);
  }

  /** Of one object. */
  static Outcome ofOne(
      StoreCommand command,
      String from,
      String to,
      ObjectInfo object,
      long resumedByteSize,
      boolean replaced,
      Watch watch) {
    return new Outcome(
        command.name(),
        from,
        to,
        1,
        0,
        0,
        object.byteSize(),
        resumedByteSize,
        watch.seconds(),
        object.etag(),
        replaced,
        watch.copies().byteCounts());
  }

  /** Of one object that was not copied, as something is there. */
  static Outcome ofSkipped(StoreCommand command, String from, String to, Watch watch) {
    return new Outcome(
        command.name(),
        from,
        to,
        0,
        1,
        0,
        0,
        0,
        watch.seconds(),
        "",
        false,
        watch.copies().byteCounts());
  }

  private double rate() {
    return seconds > 0 ? (byteSize - resumedByteSize) / seconds : 0;
  }

  private long copiedByteSize() {
    return copies.values().stream().mapToLong(Long::longValue).sum();
  }

  /** One line for people. */
  String line() {
    String objects = objectCount == 1 ? "" : Quantities.count(objectCount, "object") + ", ";
    String resumed =
        resumedByteSize == 0
            ? ""
            : " (" + Quantities.byteSize(resumedByteSize) + " were there already)";
    String skipped = skippedCount == 0 ? "" : skippedCount + " skipped, ";
    return String.format(
        Locale.ROOT,
        "%s → %s%s: %s%s%s%s in %s, %s; %s copied in user space",
        Printable.of(from),
        Printable.of(to),
        replaced ? " (replaced)" : "",
        objects,
        skipped,
        Quantities.byteSize(byteSize),
        resumed,
        Quantities.seconds(seconds),
        Quantities.rate(rate()),
        Quantities.byteSize(copiedByteSize()));
  }

  /** One line for programs. */
  String json() {
    return fields().toString();
  }

  /** The same, to which a command may add. */
  JsonObject fields() {
    JsonObject json =
        new JsonObject()
            .with("command", command)
            .with("from", from)
            .with("to", to)
            .with("objects", objectCount)
            .with("skipped", skippedCount)
            .with("failed", failedCount)
            .with("bytes", byteSize)
            .with("resumedBytes", resumedByteSize)
            .with("seconds", seconds)
            .with("bytesPerSecond", rate())
            .with("replaced", replaced);
    if (!etag.isEmpty()) {
      json.with("etag", etag);
    }
    return json.with("copiedBytes", copiedByteSize())
        .with("copiedBytesBySite", new TreeMap<>(copies));
  }
}
