package dev.segue.cli.demo;

import dev.segue.bytes.CopyLedger;
import dev.segue.cli.CommandFailedException;
import dev.segue.iceoryx2.Node;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The process that captures frames and publishes them, lane by lane, as its parent says. */
@Command(name = "demo-publisher", hidden = true)
public final class PublisherProcess implements Callable<Integer> {
  private static final int TINY_SIDE = 16;
  private static final int TINY_WARM_UP_FRAMES = 12_000;
  private static final int WARM_UP_FRAMES = 60;
  private static final Duration LONGEST_WARM_UP = Duration.ofSeconds(2);
  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final Duration MATCHING_TIMEOUT = Duration.ofSeconds(10);

  @Mixin private FrameOptions options = new FrameOptions();

  private PublisherProcess() {}

  @Override
  public Integer call() {
    return ParentLink.run(this::publish);
  }

  private void publish(ParentLink parent) throws Exception {
    options.validate();
    try (FrameSource source = FrameSource.open(options)) {
      parent.tell(Message.of("ready"));
      Message command;
      while ((command = parent.await()) != null) {
        publishLane(parent, source, command.lane(), command.text("locator"));
      }
    }
  }

  private void publishLane(ParentLink parent, FrameSource source, Lane lane, String locator)
      throws Exception {
    if (lane.usesIceoryx2()) {
      publishByIceoryx2(parent, source, locator);
      return;
    }
    try (Session session = Session.open(LaneConfig.session(lane).connect(locator));
        Publisher publisher =
            session.declarePublisher(LaneConfig.KEY, PublisherOptions.blocking())) {
      if (!publisher.awaitMatchingSubscribers(MATCHING_TIMEOUT)) {
        throw new CommandFailedException("no subscriber found at " + locator);
      }
      publishFrames(
          parent, source, (from, options) -> new ZenohFrames(publisher, lane, from, options));
    }
  }

  /** The subscriber made the service, and is there. */
  private void publishByIceoryx2(ParentLink parent, FrameSource source, String service)
      throws Exception {
    try (Node node = Node.create();
        dev.segue.iceoryx2.Publisher publisher =
            node.publishSubscribe(service, LaneConfig.iceoryx2())
                .newPublisher(
                    dev.segue.iceoryx2.PublisherOptions.of(IceoryxFrames.loanByteSize(options))
                        .withLoanCount(1)
                        .withPatience(MATCHING_TIMEOUT))) {
      publishFrames(parent, source, (from, options) -> new IceoryxFrames(publisher, from, options));
    }
  }

  /** Makes what publishes frames of a size. */
  private interface FramesOf {
    FramePublisher of(FrameSource source, FrameOptions options) throws ZenohException;
  }

  private void publishFrames(ParentLink parent, FrameSource source, FramesOf lane)
      throws Exception {
    try (FramePublisher frames = lane.of(source, options)) {
      warmUp(lane, frames);
      Thread.sleep(PAUSE); // what warmed up leaves the core's queues before the ledger is read
      CopyLedger.Snapshot before = CopyLedger.snapshot();
      long first = frames.nextSequence();
      measure(frames, source.isLive());
      long end = frames.nextSequence();
      parent.tell(Message.of("sent").with("first", first).with("end", end));
      parent.await("finish");
      Message published =
          Message.of("published").with("putP50Nanos", frames.putNanos().quantiles().p50());
      parent.tell(ParentLink.withCopies(published, CopyLedger.snapshot().since(before)));
    }
  }

  /** Many tiny frames, for the compiler; then some of full size, for memory, caches and links. */
  private void warmUp(FramesOf lane, FramePublisher frames) throws Exception {
    FrameOptions tiny = options.sized(TINY_SIDE, TINY_SIDE);
    try (FrameSource source = new TestPattern(TINY_SIDE, TINY_SIDE);
        FramePublisher tinyFrames = lane.of(source, tiny)) {
      warmUp(tinyFrames, TINY_WARM_UP_FRAMES);
    }
    warmUp(frames, WARM_UP_FRAMES);
  }

  private static void warmUp(FramePublisher frames, int count) throws Exception {
    long end = System.nanoTime() + LONGEST_WARM_UP.toNanos();
    for (int i = 0; i < count && System.nanoTime() < end; i++) {
      frames.publish(false);
    }
  }

  private void measure(FramePublisher frames, boolean isLive) throws Exception {
    long start = System.nanoTime();
    long length = (long) (options.seconds * TimeUnit.SECONDS.toNanos(1));
    for (long i = 0; i < options.frameCount() && System.nanoTime() - start < length; i++) {
      if (!isLive && options.fps != 0) {
        sleepUntil(start + (long) (i * TimeUnit.SECONDS.toNanos(1) / options.fps));
      }
      frames.publish(true);
    }
  }

  private static void sleepUntil(long nanoTime) throws InterruptedException {
    long left = nanoTime - System.nanoTime();
    if (left > 0) {
      TimeUnit.NANOSECONDS.sleep(left);
    }
  }
}
