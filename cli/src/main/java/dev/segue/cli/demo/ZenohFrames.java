package dev.segue.cli.demo;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapturedData;
import dev.segue.capnproto.LoanMessage;
import dev.segue.cli.CommandFailedException;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Frames of the lanes over Zenoh. Threads: one. */
final class ZenohFrames extends FramePublisher {
  private static final int FRAMES_IN_POOL = 4;

  private final Publisher publisher;
  private final Lane lane;
  private final LoanPool frames;

  ZenohFrames(Publisher publisher, Lane lane, FrameSource source, FrameOptions options)
      throws ZenohException {
    super(lane, source, options);
    this.publisher = publisher;
    this.lane = lane;
    this.frames =
        lane.usesSharedMemory()
            ? ShmPool.create(FRAMES_IN_POOL * (options.frameByteSize() + 8192L))
            : new OffHeapPool(FRAMES_IN_POOL * LaneConfig.blockByteSize(options));
  }

  @Override
  void publish(boolean measured)
      throws ZenohException, CommandFailedException, IOException, InterruptedException {
    long loanByteSize = CapturedData.loanByteSize(options.frameByteSize());
    try (CapturedData pixels = CapturedData.fromLoan(loanOf(frames, loanByteSize));
        LoanMessage message = LoanMessage.of(frames, heads, HEAD_BYTE_SIZE);
        Loan attachment = heads.loan(LaneConfig.ATTACHMENT_BYTE_SIZE)) {
      int checksum = capture(pixels, message);
      MemorySegment written = attachment.segment();
      written.setAtIndex(ValueLayout.JAVA_INT, 0, checksum);
      written.setAtIndex(ValueLayout.JAVA_INT, 1, measured ? 1 : 0);
      put(message.handOver(), PutOptions.none().attachment(attachment.handOver()), measured);
    }
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
      putNanos().add(System.nanoTime() - start);
    }
  }

  /** Copies as a put of one array does: timed as part of it, into memory that is reused. */
  private void putJoined(SegmentedBytes message, PutOptions with) throws ZenohException {
    try (Loan joined = frames.loan(message.byteSize())) {
      message.copyTo(joined.segment());
      publisher.put(joined.handOver(), with);
    }
  }

  @Override
  public void close() {
    frames.close();
    super.close();
  }
}
