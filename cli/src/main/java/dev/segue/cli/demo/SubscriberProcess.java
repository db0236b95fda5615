package dev.segue.cli.demo;

import dev.segue.cli.CommandFailedException;
import dev.segue.iceoryx2.Node;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The process that receives frames, lane by lane, as its parent says. */
@Command(name = "demo-subscriber", hidden = true)
public final class SubscriberProcess implements Callable<Integer> {
  private static final Duration RECEIVE_TIMEOUT = Duration.ofMillis(100);
  private static final long PROGRESS_NANOS = Duration.ofMillis(200).toNanos();
  private static final long LOST_AFTER_NANOS = Duration.ofSeconds(3).toNanos();

  @Mixin private FrameOptions options = new FrameOptions();

  @Option(names = "--png", required = true)
  private Path png = Path.of("");

  private SubscriberProcess() {}

  @Override
  public Integer call() {
    return ParentLink.run(this::receive);
  }

  private void receive(ParentLink parent) throws Exception {
    options.validate();
    parent.tell(Message.of("ready"));
    Message command;
    while ((command = parent.await()) != null) {
      receiveLane(parent, command.lane());
    }
  }

  private void receiveLane(ParentLink parent, Lane lane) throws Exception {
    if (lane.usesIceoryx2()) {
      receiveByIceoryx2(parent);
      return;
    }
    try (Session session = Session.open(LaneConfig.session(lane).listen("tcp/127.0.0.1:0"));
        Subscriber subscriber =
            session.declareSubscriber(
                LaneConfig.KEY, SubscriberOptions.defaults().backlog(Backlog.hold(8)))) {
      receiveFrames(
          parent,
          lane,
          session.locators().getFirst(),
          () -> subscriber.receive(RECEIVE_TIMEOUT).map(Arrival::of));
    }
  }

  private void receiveByIceoryx2(ParentLink parent) throws Exception {
    String service = LaneConfig.KEY + "@" + ProcessHandle.current().pid() + "-" + System.nanoTime();
    try (Node node = Node.create();
        dev.segue.iceoryx2.Subscriber subscriber =
            node.publishSubscribe(service, LaneConfig.iceoryx2()).newSubscriber()) {
      receiveFrames(
          parent,
          Lane.ICEORYX2,
          service,
          () -> subscriber.receive(RECEIVE_TIMEOUT).map(Arrival::of));
    }
  }

  /** Waits for a frame. */
  private interface Arrivals {
    Optional<Arrival> next() throws Exception;
  }

  private void receiveFrames(ParentLink parent, Lane lane, String locator, Arrivals arrivals)
      throws Exception {
    try (FrameReceiver frames = new FrameReceiver(options)) {
      parent.tell(Message.of("listening").with("locator", locator));
      Message sent = receiveFrames(parent, arrivals, frames);
      Message received =
          Message.of("received")
              .with("frames", frames.count())
              .with("lost", sent.number("end") - sent.number("first") - frames.count())
              .with("spanNanos", frames.spanNanos())
              .with("p50Nanos", frames.latencyNanos().quantiles().p50())
              .with("p90Nanos", frames.latencyNanos().quantiles().p90())
              .with("p99Nanos", frames.latencyNanos().quantiles().p99());
      if (lane == Lane.SHM && frames.writeLast(png)) {
        received = received.with("png", png.toString());
      }
      parent.tell(ParentLink.withCopies(received, frames.copies()));
      // The publisher's core forgets what it counted for a link when the link ends.
      parent.await("finish");
    }
  }

  /** Receives until all that was sent is there, or nothing came for a long time. */
  private static Message receiveFrames(ParentLink parent, Arrivals arrivals, FrameReceiver frames)
      throws Exception {
    @Nullable Message sent = null;
    long lastFrame = System.nanoTime();
    long nextProgress = 0;
    while (true) {
      Optional<Arrival> arrival = arrivals.next();
      long now = System.nanoTime();
      if (arrival.isPresent()) {
        frames.take(arrival.get());
        lastFrame = now;
      }
      if (now >= nextProgress) {
        parent.tell(
            Message.of("progress")
                .with("frames", frames.count())
                .with("latencyNanos", frames.latencyNanos().last()));
        nextProgress = now + PROGRESS_NANOS;
      }
      if (sent == null) {
        sent = parent.poll("end");
      }
      if (sent != null) {
        if (frames.nextSequence() > sent.number("end")) {
          throw new CommandFailedException("received a frame that the publisher never sent");
        }
        if (frames.nextSequence() == sent.number("end") || now - lastFrame > LOST_AFTER_NANOS) {
          return sent;
        }
      }
    }
  }
}
