package dev.segue.cli.demo;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.ProgressLine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Starts the two processes and leads them through the lanes.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}, which ends both. Threads: one; {@link
 * #close()} any.
 */
final class Conductor implements AutoCloseable {
  private final FrameOptions options;
  private final ProgressLine progress;
  private final ChildProcess subscriber;
  private final ChildProcess publisher;
  private @Nullable Path picture;

  Conductor(FrameOptions options, Path png, ProgressLine progress) throws IOException {
    this.options = options;
    this.progress = progress;
    List<String> arguments = options.arguments();
    List<String> withPicture =
        Stream.concat(arguments.stream(), Stream.of("--png", png.toString())).toList();
    this.subscriber = ChildProcess.start("subscriber", "demo-subscriber", withPicture);
    try {
      this.publisher = ChildProcess.start("publisher", "demo-publisher", arguments);
    } catch (IOException | RuntimeException e) {
      subscriber.close();
      throw e;
    }
  }

  /** The lanes one after the other. */
  List<LaneResult> run() throws CommandFailedException, InterruptedException {
    progress.show("starting a publisher process and a subscriber process");
    publisher.await("ready");
    subscriber.await("ready");
    List<LaneResult> results = new ArrayList<>();
    for (Lane lane : Lane.available()) {
      results.add(run(lane));
    }
    progress.close();
    return results;
  }

  private LaneResult run(Lane lane) throws CommandFailedException, InterruptedException {
    Message command = Message.of("lane").with("lane", lane.label());
    subscriber.tell(command);
    String locator = subscriber.await("listening").text("locator");
    publisher.tell(command.with("locator", locator));

    // The publisher has nothing to say for as long as the lane takes; the subscriber reports
    // progress.
    Message received = null;
    Message sent = null;
    while (received == null) {
      if (sent == null) {
        sent = publisher.poll("sent").orElse(null);
        if (sent != null) {
          subscriber.tell(new Message("end", sent.fields()));
        }
      }
      Message event = subscriber.await();
      if (event.name().equals("progress")) {
        progress.show(
            Report.progress(
                lane, event.number("frames"), event.number("latencyNanos"), options.frameCount()));
      } else if (event.name().equals("received") && sent != null) {
        received = event;
      } else {
        throw new CommandFailedException("the subscriber process said \"" + event.line() + "\"");
      }
    }
    if (received.fields().containsKey("png")) {
      picture = Path.of(received.text("png"));
    }
    publisher.tell(Message.of("finish"));
    Message published = publisher.await("published");
    subscriber.tell(Message.of("finish"));
    return LaneResult.of(lane, options.frameByteSize(), received, published);
  }

  /** The last frame's picture, when there was one. */
  Optional<Path> picture() {
    return Optional.ofNullable(picture);
  }

  List<ProcessHandle> processes() {
    return List.of(publisher.handle(), subscriber.handle());
  }

  /** Ends both processes. Idempotent. */
  @Override
  public void close() {
    publisher.close();
    subscriber.close();
  }
}
