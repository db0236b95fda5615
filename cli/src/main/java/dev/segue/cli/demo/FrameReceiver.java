package dev.segue.cli.demo;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.schema.Frames;
import dev.segue.cli.CommandFailedException;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Reads received frames in place, checks them and keeps the last one. Threads: one.
 *
 * <p>A frame that came over the network lies in many pieces and is gathered, into a loan; one in
 * shared memory lies in one piece and is read there.
 */
final class FrameReceiver implements AutoCloseable {
  private static final int FRAMES_IN_POOL = 3;

  private final FrameOptions options;
  private final OffHeapPool gatherPool;
  private final LongSeries latencyNanos = new LongSeries();
  private CopyLedger.Snapshot before = CopyLedger.snapshot();
  private long firstCaptureNanos;
  private long lastReceivedNanos;
  private long nextSequence;
  private @Nullable Received last;

  /** A frame that can be read until it is closed. */
  private record Received(
      Arrival arrival, MessageView view, long captureNanos, long sequence, SegmentedBytes pixels)
      implements AutoCloseable {
    @Override
    public void close() {
      view.close();
      arrival.close();
    }
  }

  FrameReceiver(FrameOptions options) {
    this.options = options;
    this.gatherPool = new OffHeapPool(FRAMES_IN_POOL * LaneConfig.blockByteSize(options));
  }

  /** Returns the number of measured frames. */
  int count() {
    return latencyNanos.count();
  }

  LongSeries latencyNanos() {
    return latencyNanos;
  }

  /** From the first measured frame's capture to the last one's reception. */
  long spanNanos() {
    return lastReceivedNanos - firstCaptureNanos;
  }

  long nextSequence() {
    return nextSequence;
  }

  /** Returns what this process copied since the first measured frame came. */
  CopyLedger.Snapshot copies() {
    return CopyLedger.snapshot().since(before);
  }

  /** Reads and checks one frame, which it takes over. */
  void take(Arrival arrival) throws CapnProtoException, CommandFailedException {
    boolean measured = arrival.isMeasured();
    if (measured && count() == 0) {
      before = CopyLedger.snapshot();
    }
    Received frame = read(arrival);
    long receivedNanos = Clock.epochNanos();
    Received previous = last;
    last = frame;
    if (previous != null) {
      previous.close();
    }
    if (measured) {
      firstCaptureNanos = count() == 0 ? frame.captureNanos() : firstCaptureNanos;
      lastReceivedNanos = receivedNanos;
      latencyNanos.add(receivedNanos - frame.captureNanos());
      nextSequence = frame.sequence() + 1;
    }
    // The hash is the CRC32C of the content, as the publisher computed it.
    if (frame.pixels().hashCode() != arrival.checksum()) {
      throw new CommandFailedException(
          "frame sequence=" + frame.sequence() + ": its checksum differs from the publisher's");
    }
  }

  private Received read(Arrival arrival) throws CapnProtoException {
    MessageView view = MessageView.of(arrival.message(), gatherPool);
    try {
      return view.read(
          Frames.CameraFrame.factory,
          frame ->
              new Received(
                  arrival,
                  view,
                  frame.getCaptureTimeNanos(),
                  frame.getSequence(),
                  view.bytesOf(frame.getPixels())));
    } catch (CapnProtoException | RuntimeException e) {
      view.close();
      arrival.close();
      throw e;
    }
  }

  /** Writes the last frame as a picture; false if there was none. */
  boolean writeLast(Path png) throws IOException {
    Received frame = last;
    if (frame == null) {
      return false;
    }
    PngWriter.write(
        png, frame.pixels().segment(0), options.width, options.height, options.rowByteSize());
    return true;
  }

  @Override
  public void close() {
    if (last != null) {
      last.close();
    }
    gatherPool.close();
  }
}
