package dev.segue.cli.zenoh;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.Output;
import dev.segue.cli.terminal.Printable;
import dev.segue.lanes.LaneSample;
import dev.segue.lanes.LaneSubscriber;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.ReceivedSample;
import dev.segue.zenoh.SampleKind;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes payloads. */
@Command(
    name = "sub",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes the payloads of a key expression to the standard output unchanged, each to a file"
          + " of its own, or each to a command. While that is slow, it pushes back to the publishers.",
      ""
    })
public final class Sub extends NetworkCommand {
  private static final int BACKLOG = 64;
  private static final SegmentedBytes LINE_FEED = SegmentedBytes.copyOfUtf8("\n");

  @Parameters(paramLabel = "KEYEXPR", description = "Keys to write: robot/camera.")
  private String keyExpr = "";

  @Option(
      names = "--into",
      paramLabel = "FOLDER",
      description =
          "Write files 00000001, 00000002, … there, replacing existing ones (default: the standard"
              + " output).")
  private @Nullable Path folder;

  @Option(names = "--lines", description = "End each payload with a line feed.")
  private boolean lines;

  @Option(
      names = "--exec",
      paramLabel = "COMMAND",
      description =
          "Run this by /bin/sh for each payload, which it gets as its standard input, one after the other;"
              + " SEGUE_KEY and SEGUE_ENCODING in its environment say what it is. If it fails, so does"
              + " this.")
  private @Nullable String command;

  @Mixin private LaneOption lane = new LaneOption();
  @Mixin private Limit limit = new Limit();

  private Sub() {}

  @Override
  void check() {
    limit.check();
    KeyExpr.of(keyExpr);
    if (command != null && folder != null) {
      throw new IllegalArgumentException("--exec " + command + ": there is --into as well");
    }
  }

  @Override
  void run(Session session)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.hold(BACKLOG));
    Path into = folder;
    if (into != null) {
      Files.createDirectories(into);
    }
    if (into == null && command == null) {
      writesBytes();
    }
    Output standard = Output.standard();
    try (LaneOption.Opened lanes =
            lane.open(session, text -> say(spec.qualifiedName() + ": " + text));
        LaneSubscriber subscriber = lanes.subscribe(KeyExpr.of(keyExpr), options)) {
      limit.start();
      long written = 0;
      while (written < limit.count() && !limit.isOver()) {
        Optional<LaneSample> next = Echo.receive(subscriber);
        if (next.isPresent()) {
          try (LaneSample sample = next.get()) {
            if (sample.kind() == SampleKind.PUT) {
              written++;
              String each = command;
              if (each == null) {
                write(sample.payload(), into, written, standard);
              } else {
                execute(each, sample);
              }
            }
          }
        }
      }
    }
  }

  private void execute(String each, ReceivedSample sample)
      throws IOException, CommandFailedException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder("/bin/sh", "-c", each)
            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("SEGUE_KEY", Printable.of(sample.keyExpr().toString()));
    builder.environment().put("SEGUE_ENCODING", Printable.of(sample.encoding().toString()));
    Process process = builder.start();
    try {
      try (WritableByteChannel input = Channels.newChannel(process.getOutputStream())) {
        SegmentedBytes payload = sample.payload();
        SegmentedBytes bytes = lines ? SegmentedBytes.concat(List.of(payload, LINE_FEED)) : payload;
        for (ByteBuffer buffer : bytes.asByteBuffers()) {
          while (buffer.hasRemaining()) {
            input.write(buffer);
          }
        }
      } catch (ClosedByInterruptException e) {
        throw e;
      } catch (IOException _) {
        // It ended, or closed its input, before it had read all: its status says whether that is
        // right.
      }
      int status = process.waitFor();
      if (status != 0) {
        throw new CommandFailedException(
            "--exec " + each + ": status=" + status + ", at a sample of " + sample.keyExpr());
      }
    } finally {
      process.destroy();
    }
  }

  private void write(SegmentedBytes payload, @Nullable Path into, long number, Output standard)
      throws IOException {
    SegmentedBytes bytes = lines ? SegmentedBytes.concat(List.of(payload, LINE_FEED)) : payload;
    if (into == null) {
      standard.write(bytes);
      return;
    }
    Path file = into.resolve(String.format(Locale.ROOT, "%08d", number));
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      for (ByteBuffer buffer : bytes.asByteBuffers()) {
        while (buffer.hasRemaining()) {
          int _ = channel.write(buffer);
        }
      }
    }
  }
}
