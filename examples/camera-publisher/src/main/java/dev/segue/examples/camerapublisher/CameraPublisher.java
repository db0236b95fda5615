package dev.segue.examples.camerapublisher;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapturedData;
import dev.segue.capnproto.LoanMessage;
import dev.segue.capnproto.schema.Frames;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.zip.CRC32C;

/** Publishes 30 frames a second from shared memory until nobody listens. */
public final class CameraPublisher {
  private static final int WIDTH = 1280;
  private static final int HEIGHT = 720;
  private static final int FRAME_BYTE_SIZE = WIDTH * HEIGHT;

  private CameraPublisher() {}

  /** Takes the subscriber's endpoint; without one, finds it on the local network. */
  public static void main(String[] arguments) throws Exception {
    Config config =
        arguments.length == 0 ? Config.defaults() : Config.isolated().connect(arguments[0]);
    // Timestamps let others tell the latency.
    try (Session session = Session.open(config.timestamping(true));
        Publisher publisher =
            session.declarePublisher(KeyExpr.of("robot/camera"), PublisherOptions.blocking());
        ShmPool pool = ShmPool.create(9L * FRAME_BYTE_SIZE)) {
      System.out.println("waiting for a subscriber");
      if (!publisher.awaitMatchingSubscribers(Duration.ofMinutes(1))) {
        throw new IllegalStateException("no subscriber within a minute");
      }
      long sequence = 0;
      while (publisher.hasMatchingSubscribers()) {
        publishFrame(publisher, pool, sequence++);
        Thread.sleep(1000 / 30);
      }
      System.out.println("the subscriber left after " + sequence + " frames");
    }
  }

  private static void publishFrame(Publisher publisher, ShmPool pool, long sequence)
      throws Exception {
    try (CapturedData pixels = CapturedData.fromLoan(room(pool));
        LoanMessage message = LoanMessage.of(pool)) {
      int checksum = capture(pixels.segment(), sequence);
      var frame = message.initRoot(Frames.CameraFrame.factory);
      frame.setSequence(sequence);
      frame.setCaptureTimeNanos(ChronoUnit.NANOS.between(Instant.EPOCH, Instant.now()));
      frame.setWidthPixels(WIDTH);
      frame.setHeightPixels(HEIGHT);
      frame.setRowByteSize(WIDTH);
      frame.setFormat(Frames.PixelFormat.MONO8);
      message.embed(pixels, FRAME_BYTE_SIZE, frame::initPixels);
      SegmentedBytes attachment = SegmentedBytes.copyOfUtf8(Integer.toHexString(checksum));
      publisher.put(message.handOver(), PutOptions.none().attachment(attachment));
    }
  }

  /** Waits while slow subscribers hold all frames. */
  private static Loan room(ShmPool pool) {
    return pool.tryLoan(CapturedData.loanByteSize(FRAME_BYTE_SIZE), Duration.ofMinutes(1))
        .orElseThrow(() -> new IllegalStateException("no room for a frame within a minute"));
  }

  /** Stands for a camera: a ramp that moves. */
  private static int capture(MemorySegment pixels, long sequence) {
    for (long i = 0; i < FRAME_BYTE_SIZE; i++) {
      pixels.set(ValueLayout.JAVA_BYTE, i, (byte) (i % WIDTH + i / WIDTH + sequence));
    }
    CRC32C crc = new CRC32C();
    crc.update(pixels.asByteBuffer());
    return (int) crc.getValue();
  }
}
