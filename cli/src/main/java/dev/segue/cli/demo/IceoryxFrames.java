package dev.segue.cli.demo;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapturedData;
import dev.segue.capnproto.LoanMessage;
import dev.segue.cli.CommandFailedException;
import dev.segue.iceoryx2.IceoryxException;
import dev.segue.iceoryx2.Publisher;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Frames of the iceoryx2 lane, each in one loan. Threads: one.
 *
 * <pre>
 *   [ table, segment 0: the head, with zeros up to 512 B ][ segment 1: the pixels ][ attachment ]
 * </pre>
 */
final class IceoryxFrames extends FramePublisher {
  private static final ValueLayout.OfInt TABLE_ENTRY =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long TABLE_BYTE_SIZE = 16;

  private final Publisher publisher;

  IceoryxFrames(Publisher publisher, FrameSource source, FrameOptions options) {
    super(Lane.ICEORYX2, source, options);
    this.publisher = publisher;
  }

  /** The size of a frame's loan. */
  static long loanByteSize(FrameOptions options) {
    return HEAD_BYTE_SIZE
        + CapturedData.loanByteSize(options.frameByteSize())
        + LaneConfig.ATTACHMENT_BYTE_SIZE;
  }

  @Override
  void publish(boolean measured)
      throws IceoryxException, CommandFailedException, IOException, InterruptedException {
    try (Loan whole = loanOf(publisher, loanByteSize(options))) {
      MemorySegment memory = whole.segment();
      long end = memory.byteSize() - LaneConfig.ATTACHMENT_BYTE_SIZE;
      LoanPart head = new LoanPart(memory.asSlice(0, HEAD_BYTE_SIZE));
      LoanPart tail = new LoanPart(memory.asSlice(HEAD_BYTE_SIZE, end - HEAD_BYTE_SIZE));
      try (CapturedData pixels = CapturedData.fromLoan(tail.loan(tail.capacityByteSize()));
          LoanMessage message = LoanMessage.of(heads, head, HEAD_BYTE_SIZE)) {
        int checksum = capture(pixels, message);
        join(memory, message.handOver());
        memory.set(ValueLayout.JAVA_INT, end, checksum);
        memory.set(ValueLayout.JAVA_INT, end + Integer.BYTES, measured ? 1 : 0);
      }
      send(whole, measured);
    }
  }

  /** Makes the first segment as large as its part of the loan: then the second one follows it. */
  private static void join(MemorySegment memory, SegmentedBytes message)
      throws CommandFailedException {
    if (message.segmentCount() != 2) {
      throw new CommandFailedException("a frame's head is larger than byteSize=" + HEAD_BYTE_SIZE);
    }
    long used = message.segment(0).byteSize();
    memory.asSlice(used, HEAD_BYTE_SIZE - used).fill((byte) 0);
    int words = (int) ((HEAD_BYTE_SIZE - TABLE_BYTE_SIZE) / Long.BYTES);
    memory.set(TABLE_ENTRY, Integer.BYTES, words);
  }

  private void send(Loan whole, boolean measured) throws IceoryxException {
    long start = System.nanoTime();
    publisher.send(whole); // what it missed the subscriber counts as lost
    if (measured) {
      putNanos().add(System.nanoTime() - start);
    }
  }
}
