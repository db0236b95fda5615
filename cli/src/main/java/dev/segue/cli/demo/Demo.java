package dev.segue.cli.demo;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.ProgressLine;
import dev.segue.zenoh.KeyExpr;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Sends camera frames from one process to another in four lanes, and shows what each costs. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Sends camera frames from one process to another, as Cap'n Proto messages, in four ways one"
          + " after the other, and shows what each costs:",
      "",
      "  copy      joined into one copy, over the network",
      "  borrow    lent as they lie, over the network",
      "  shm       captured into Zenoh's shared memory, read there by the subscriber",
      "  iceoryx2  captured into iceoryx2's shared memory, read there; on Linux",
      "",
      "The last frame received is written as a PNG. Every frame is checked by its checksum.",
      ""
    })
public final class Demo implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private FrameOptions options = new FrameOptions();

  @Option(
      names = "--png",
      paramLabel = "FILE",
      defaultValue = "segue-demo.png",
      description = "File for the last frame (default: ${DEFAULT-VALUE}).")
  private Path png = Path.of("");

  @Option(
      names = "--json",
      description =
          "Print the figures as one JSON object on the standard output, and all else on the standard"
              + " error stream.")
  private boolean json;

  @Option(
      names = "--publish",
      paramLabel = "KEY",
      description =
          "Publish the frames on this key until Ctrl-C instead, for others: the page of segue serve, a"
              + " subscriber of yours.")
  private @Nullable String publish;

  @Option(
      names = "--connect",
      paramLabel = "ENDPOINT",
      description =
          "With --publish: a Zenoh endpoint to connect to, tcp/192.168.1.7:7447. May be repeated."
              + " Default: others are found on the local network.")
  private List<String> connect = List.of();

  private Demo() {}

  @Override
  public Integer call() throws Exception {
    options.validate();
    if (publish != null) {
      return publish(publish);
    }
    if (!connect.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "--connect goes with --publish");
    }
    Path directory = png.toAbsolutePath().getParent();
    if (directory == null || !Files.isDirectory(directory)) {
      throw new ParameterException(spec.commandLine(), "--png " + png + ": no such folder");
    }
    FrameSource.check(options);
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    PrintWriter text = json ? err : out;
    text.println(introduction());
    text.flush();
    try {
      run(text, err);
    } catch (InterruptedException e) {
      return 130;
    } finally {
      text.flush();
      out.flush();
    }
    return 0;
  }

  private int publish(String key) throws CommandFailedException {
    FrameSource.check(options);
    try {
      return new OpenCamera(options, KeyExpr.of(key), connect).run(spec.commandLine().getOut());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private void run(PrintWriter text, PrintWriter err)
      throws CommandFailedException, IOException, InterruptedException {
    try (ProgressLine progress = ProgressLine.on(err);
        Conductor conductor = new Conductor(options, png, progress)) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(progress, conductor)));
      List<LaneResult> lanes = conductor.run();
      text.println();
      text.println(Report.table(lanes));
      text.println();
      text.println(checked(lanes));
      conductor.picture().ifPresent(picture -> text.println("The last one: " + picture));
      text.flush();
      if (json) {
        spec.commandLine().getOut().println(Report.json(lanes));
      }
    }
  }

  private static void stop(ProgressLine progress, Conductor conductor) {
    progress.abandon();
    conductor.close();
  }

  private String introduction() {
    return String.format(
        Locale.ROOT,
        "%s, %d×%d, %s, %s a frame, %s s for each lane after its warm-up",
        options.from == null ? "Test pattern" : options.from,
        options.width,
        options.height,
        options.fps == 0
            ? "as fast as it goes"
            : FrameOptions.number(options.fps) + " frames a second",
        Report.byteSize(options.frameByteSize()),
        FrameOptions.number(options.seconds));
  }

  private static String checked(List<LaneResult> lanes) {
    long frames = lanes.stream().mapToLong(LaneResult::frames).sum();
    return "All " + frames + " frames received have the publisher's checksum.";
  }
}
