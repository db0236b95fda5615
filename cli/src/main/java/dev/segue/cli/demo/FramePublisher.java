package dev.segue.cli.demo;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapturedData;
import dev.segue.capnproto.LoanMessage;
import dev.segue.capnproto.schema.Frames;
import dev.segue.cli.CommandFailedException;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.zip.CRC32C;

/** Captures frames into loans and publishes each as a Cap'n Proto message. Threads: one. */
final class FramePublisher implements AutoCloseable {
  private static final int FRAMES_IN_POOL = 4;
  private static final int HEAD_BYTE_SIZE = 512;
  private static final Duration ROOM_TIMEOUT = Duration.ofSeconds(10);

  private final Publisher publisher;
  private final Lane lane;
  private final FrameSource source;
  private final FrameOptions options;
  private final LoanPool frames;
  private final LoanPool heads = new OffHeapPool(1 << 20);
  private final LongSeries putNanos = new LongSeries();
  private long sequence;

  FramePublisher(Publisher publisher, Lane lane, FrameSource source, FrameOptions options)
      throws ZenohException {
    this.publisher = publisher;
    this.lane = lane;
    this.source = source;
    this.options = options;
    this.frames =
        lane.usesSharedMemory()
            ? ShmPool.create(FRAMES_IN_POOL * (options.frameByteSize() + 8192L))
            : new OffHeapPool(FRAMES_IN_POOL * LaneConfig.blockByteSize(options));
  }

  long nextSequence() {
    return sequence;
  }

  /** The time inside the put of each measured frame. */
  LongSeries putNanos() {
    return putNanos;
  }

  /** Captures one frame and publishes it. */
  void publish(boolean measured)
      throws ZenohException, CommandFailedException, IOException, InterruptedException {
    int byteSize = options.frameByteSize();
    try (CapturedData pixels = CapturedData.fromLoan(frameLoan());
        LoanMessage message = LoanMessage.of(frames, heads, HEAD_BYTE_SIZE);
        Loan attachment = heads.loan(LaneConfig.ATTACHMENT_BYTE_SIZE)) {
      MemorySegment frame = pixels.segment().asSlice(0, byteSize);
      source.capture(frame, lane, sequence);
      writeAttachment(attachment.segment(), checksum(frame), measured);

      var root = message.initRoot(Frames.CameraFrame.factory);
      root.setCaptureTimeNanos(Clock.epochNanos());
      root.setSequence(sequence++);
      root.setFrameId("camera");
      root.setWidthPixels(options.width);
      root.setHeightPixels(options.height);
      root.setRowByteSize(options.rowByteSize());
      root.setFormat(Frames.PixelFormat.RGBA8);
      message.embed(pixels, byteSize, root::initPixels);
      put(message.handOver(), PutOptions.none().attachment(attachment.handOver()), measured);
    }
  }

  private Loan frameLoan() throws CommandFailedException, InterruptedException {
    Loan loan =
        frames
            .tryLoan(CapturedData.loanByteSize(options.frameByteSize()), ROOM_TIMEOUT)
            .orElse(null);
    if (Thread.interrupted()) {
      if (loan != null) {
        loan.close();
      }
      throw new InterruptedException("waiting for room for a frame");
    }
    if (loan == null) {
      throw new CommandFailedException(
          "no room for a frame for " + ROOM_TIMEOUT.toSeconds() + " s: the subscriber holds all");
    }
    return loan;
  }

  private static void writeAttachment(MemorySegment target, int checksum, boolean measured) {
    target.setAtIndex(ValueLayout.JAVA_INT, 0, checksum);
    target.setAtIndex(ValueLayout.JAVA_INT, 1, measured ? 1 : 0);
  }

  private static int checksum(MemorySegment frame) {
    CRC32C crc = new CRC32C();
    crc.update(frame.asByteBuffer());
    return (int) crc.getValue();
  }

  private void put(SegmentedBytes message, PutOptions with, boolean measured)
      throws ZenohException {
    long start = System.nanoTime();
    if (lane.joins()) {
      putJoined(message, with);
    } else {
      publisher.put(message, with);
    }
    if (measured) {
      putNanos.add(System.nanoTime() - start);
    }
  }

  /** What a put that takes one array does: timed as a part of it, into memory that is reused. */
  private void putJoined(SegmentedBytes message, PutOptions with) throws ZenohException {
    try (Loan joined = frames.loan(message.byteSize())) {
      message.copyTo(joined.segment());
      publisher.put(joined.handOver(), with);
    }
  }

  @Override
  public void close() {
    frames.close();
    heads.close();
  }
}
