package dev.segue.cli.store;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.OutputOptions;
import dev.segue.cli.terminal.ProgressLine;
import dev.segue.cli.terminal.Watch;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Optional;

/** Objects that go to the standard output: results and progress are on the other stream. */
final class Printed {
  private long objectCount;
  private long byteSize;

  void add(long bytes) {
    objectCount++;
    byteSize += bytes;
  }

  /** None where the objects themselves are shown on the terminal. */
  static ProgressLine progress(OutputOptions output, PrintWriter err) {
    return ProgressLine.isOutputTerminal() ? ProgressLine.silent(err) : output.progress(err);
  }

  /** Writes a range of an object; returns its size. */
  static long write(
      Stores stores, Map<String, String> variables, ObjectUri from, ByteRange range, Meter meter)
      throws IOException, CommandFailedException {
    Output to = Output.standard();
    Map<String, String> reading = CopySettings.reading(CopySettings.withDefaults(variables));
    try (ObjectReader reader = stores.of(from, reading).read(from.key())) {
      ByteRange.Span span = range.of(from, reader.info().byteSize());
      meter.expect(span.byteSize());
      reader.seek(span.byteOffset());
      long left = span.byteSize();
      while (left > 0) {
        Optional<ObjectBytes> chunk = reader.next();
        if (chunk.isEmpty()) {
          throw new IOException(
              from + ": it ended " + left + " B before its byteSize=" + reader.info().byteSize());
        }
        try (ObjectBytes bytes = chunk.get()) {
          long count = Math.min(left, bytes.bytes().byteSize());
          to.write(bytes.bytes().slice(0, count));
          meter.advance(count);
          left -= count;
        }
      }
      return span.byteSize();
    }
  }

  /** What was written, where the standard output has the bytes. */
  void report(StoreCommand command, String from, Watch watch) {
    command.print(
        new Outcome(
            command.name(),
            from,
            "-",
            objectCount,
            0,
            0,
            byteSize,
            0,
            watch.seconds(),
            "",
            false,
            watch.copies().byteCounts()));
  }
}
