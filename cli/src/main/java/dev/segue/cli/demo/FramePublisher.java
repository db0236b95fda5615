package dev.segue.cli.demo;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.OffHeapPool;
import dev.segue.capnproto.CapturedData;
import dev.segue.capnproto.LoanMessage;
import dev.segue.capnproto.schema.Frames;
import dev.segue.cli.CommandFailedException;
import dev.segue.iceoryx2.IceoryxException;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.zip.CRC32C;

/** Captures frames into loans and publishes each as a Cap'n Proto message. Threads: one. */
abstract class FramePublisher implements AutoCloseable {
  static final int HEAD_BYTE_SIZE = 512;
  private static final Duration ROOM_TIMEOUT = Duration.ofSeconds(10);

  final FrameOptions options;
  final LoanPool heads = new OffHeapPool(1 << 20);
  private final Lane lane;
  private final FrameSource source;
  private final LongSeries putNanos = new LongSeries();
  private long sequence;

  FramePublisher(Lane lane, FrameSource source, FrameOptions options) {
    this.lane = lane;
    this.source = source;
    this.options = options;
  }

  final long nextSequence() {
    return sequence;
  }

  /** The time inside the put of each measured frame. */
  final LongSeries putNanos() {
    return putNanos;
  }

  /** Captures one frame and publishes it. */
  abstract void publish(boolean measured)
      throws ZenohException,
          IceoryxException,
          CommandFailedException,
          IOException,
          InterruptedException;

  /** Captures a frame and makes the message around it; the checksum of its pixels. */
  final int capture(CapturedData pixels, LoanMessage message)
      throws CommandFailedException, IOException, InterruptedException {
    int byteSize = options.frameByteSize();
    MemorySegment frame = pixels.segment().asSlice(0, byteSize);
    source.capture(frame, lane, sequence);
    CRC32C checksum = new CRC32C();
    checksum.update(frame.asByteBuffer());

    var root = message.initRoot(Frames.CameraFrame.factory);
    root.setCaptureTimeNanos(Clock.epochNanos());
    root.setSequence(sequence++);
    root.setFrameId("camera");
    root.setWidthPixels(options.width);
    root.setHeightPixels(options.height);
    root.setRowByteSize(options.rowByteSize());
    root.setFormat(Frames.PixelFormat.RGBA8);
    message.embed(pixels, byteSize, root::initPixels);
    return (int) checksum.getValue();
  }

  /** A loan for a frame, which is waited for. */
  static Loan loanOf(LoanPool frames, long byteSize)
      throws CommandFailedException, InterruptedException {
    Loan loan = frames.tryLoan(byteSize, ROOM_TIMEOUT).orElse(null);
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

  @Override
  public void close() {
    heads.close();
  }
}
