package dev.segue.cli.demo;

import dev.segue.capnproto.schema.Frames;
import dev.segue.capnproto.topic.TopicSchemas;
import dev.segue.capnproto.topic.TopicType;
import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.Interruption;
import dev.segue.iceoryx2.IceoryxException;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Queryable;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Publishes the demo's frames for whoever listens, a gateway's page or a program, until it is
 * interrupted. Owner: the caller. Threads: one.
 */
final class OpenCamera {
  private static final int INTERRUPTED = 130;
  private static final TopicType<?, ?> FRAMES = TopicType.of(Frames.CameraFrame.factory);

  private final FrameOptions options;
  private final KeyExpr key;
  private final Config config;

  /**
   * Of frames on a key.
   *
   * @param endpoints where to connect; without any, others are found on the local network
   */
  OpenCamera(FrameOptions options, KeyExpr key, List<String> endpoints) {
    this.options = options;
    this.key = key;
    Config found = Config.defaults();
    this.config =
        (endpoints.isEmpty() ? found : found.connect(endpoints.toArray(String[]::new)))
            .timestamping(true) // for the latency
            .sharedMemoryForLargePayloads(false);
  }

  /** Returns the exit status when it was interrupted. */
  int run(PrintWriter out) throws CommandFailedException {
    try (Interruption interruption = new Interruption()) {
      try (FrameSource source = FrameSource.open(options);
          Session session = Session.open(config);
          Queryable _ = TopicSchemas.publish(session, key, FRAMES.message());
          Publisher publisher =
              session.declarePublisher(
                  key, PublisherOptions.defaults().encoding(FRAMES.encoding()));
          FramePublisher frames = new ZenohFrames(publisher, Lane.SHM, source, options)) {
        out.println("publishing on " + key + ", Ctrl-C ends it");
        out.flush();
        publish(frames, source.isLive());
      } catch (InterruptedException e) {
        return INTERRUPTED;
      } catch (IOException | ZenohException | IceoryxException e) {
        if (!interruption.isRequested()) {
          throw new CommandFailedException(
              e.getMessage() == null ? e.toString() : e.getMessage(), e);
        }
      }
      return INTERRUPTED;
    }
  }

  private void publish(FramePublisher frames, boolean isLive)
      throws ZenohException,
          IceoryxException,
          CommandFailedException,
          IOException,
          InterruptedException {
    long period = options.fps == 0 ? 0 : (long) (TimeUnit.SECONDS.toNanos(1) / options.fps);
    long next = System.nanoTime();
    while (true) {
      if (!isLive) {
        TimeUnit.NANOSECONDS.sleep(Math.max(0, next - System.nanoTime()));
        next = Math.max(next + period, System.nanoTime()); // what is late is not made up for
      }
      if (Thread.interrupted()) {
        throw new InterruptedException("publishing frames");
      }
      frames.publish(false);
    }
  }
}
