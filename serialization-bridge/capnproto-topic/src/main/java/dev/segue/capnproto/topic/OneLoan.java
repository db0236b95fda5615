package dev.segue.capnproto.topic;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;
import org.capnproto.Allocator;
import org.capnproto.MessageBuilder;
import org.capnproto.StructFactory;

/**
 * Messages of one segment in one loan.
 *
 * <pre>
 *   [ table, 8 B ][ segment 0 … used ][ zeros ]
 * </pre>
 */
final class OneLoan {
  private static final int TABLE_BYTE_SIZE = 8;
  private static final int SMALLEST_BYTE_SIZE = TABLE_BYTE_SIZE + Long.BYTES;

  /** A list too long for its pointer to count, which the runtime cuts, needs more. */
  private static final int LARGEST_BYTE_SIZE = 1 << 26;

  private static final ValueLayout.OfInt INT =
      JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private OneLoan() {}

  /** {@link TopicType#build}. */
  static <B> Loan build(
      StructFactory<B, ?> factory, LoanPool pool, long byteSize, Consumer<? super B> fill) {
    if (byteSize < SMALLEST_BYTE_SIZE || byteSize > LARGEST_BYTE_SIZE) {
      throw new IllegalArgumentException(
          "message in a loan of byteSize="
              + byteSize
              + ": at least "
              + SMALLEST_BYTE_SIZE
              + ", at most "
              + LARGEST_BYTE_SIZE);
    }
    Loan loan = pool.loan(byteSize);
    boolean isBuilt = false;
    try {
      MemorySegment memory = loan.segment().fill((byte) 0);
      MessageBuilder builder =
          new MessageBuilder(new Full(byteSize), memory.asSlice(TABLE_BYTE_SIZE).asByteBuffer());
      fill.accept(builder.initRoot(factory));
      int usedByteSize = builder.getSegmentsForOutput()[0].remaining();
      memory.set(INT, Integer.BYTES, usedByteSize / Long.BYTES);
      isBuilt = true;
      return loan;
    } finally {
      if (!isBuilt) {
        loan.close();
      }
    }
  }

  /** Refuses a second segment. */
  private record Full(long byteSize) implements Allocator {
    @Override
    public ByteBuffer allocateSegment(int minimumByteSize) {
      throw new IllegalArgumentException(
          "message in a loan of byteSize="
              + byteSize
              + ": no room for a further object of byteSize="
              + minimumByteSize
              + "; build it with a larger byteSize");
    }
  }
}
