package dev.segue.examples.capnpsharedmemory;

import dev.segue.capnproto.LoanMessage;
import dev.segue.capnproto.schema.Frames;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import java.io.BufferedReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;

/** Builds a tensor in shared memory and publishes it to a process that it starts itself. */
public final class CapnpSharedMemory {
  static final KeyExpr KEY = KeyExpr.of("model/weights");
  private static final int VALUE_COUNT = 2_000_000;

  private CapnpSharedMemory() {}

  /** Starts the receiver, and builds and publishes one message. */
  public static void main(String[] arguments) throws Exception {
    Process receiver =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Receiver.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader lines = receiver.inputReader()) {
      publish(lines.readLine());
      lines.lines().forEach(System.out::println);
      System.exit(receiver.waitFor());
    } finally {
      receiver.destroy();
    }
  }

  private static void publish(String endpoint) throws Exception {
    try (Session session = Session.open(Config.isolated().connect(endpoint));
        Publisher publisher = session.declarePublisher(KEY, PublisherOptions.blocking());
        ShmPool pool = ShmPool.create(VALUE_COUNT * 8L + (1 << 16));
        LoanMessage message = LoanMessage.of(pool)) {
      if (!publisher.awaitMatchingSubscribers(Duration.ofSeconds(30))) {
        throw new IllegalStateException("the receiver is not there");
      }
      // The builder's segments are loans of the pool, so this writes into shared memory.
      var tensor = message.initRoot(Frames.Tensor.factory);
      tensor.initShape(1).set(0, VALUE_COUNT);
      tensor.setElement(Frames.ElementType.FLOAT64);
      MemorySegment values = message.initUnzeroed(VALUE_COUNT * 8L, tensor::initValues);
      for (int i = 0; i < VALUE_COUNT; i++) {
        values.setAtIndex(ValueLayout.JAVA_DOUBLE, i, i);
      }
      publisher.put(message.handOver());
      System.out.println("built in shared memory: " + VALUE_COUNT + " values");
      while (publisher.hasMatchingSubscribers()) {
        Thread.sleep(10);
      }
    }
  }
}
