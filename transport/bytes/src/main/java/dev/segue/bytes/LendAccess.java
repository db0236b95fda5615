package dev.segue.bytes;

import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.LoanMemory;
import dev.segue.bytes.spi.MemoryOwner;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/** Grants the transports of this library what the public API keeps to itself. */
final class LendAccess extends Lend.Access {
  @Override
  protected void begin(SegmentedBytes bytes) {
    Leases.begin(bytes);
  }

  @Override
  protected void end(SegmentedBytes bytes) {
    Leases.end(bytes);
  }

  @Override
  protected void whenReleased(SegmentedBytes bytes, Runnable action) {
    bytes.whenUnlent(action);
  }

  @Override
  protected MemorySegment segment(SegmentedBytes bytes, int index) {
    return bytes.segmentAt(Objects.checkIndex(index, bytes.segmentCount()));
  }

  @Override
  protected List<ByteBuffer> byteBuffers(SegmentedBytes bytes) {
    return Access.rawByteBuffers(bytes);
  }

  @Override
  protected @Nullable MemoryOwner owner(SegmentedBytes bytes, int index) {
    return bytes.ownerAt(Objects.checkIndex(index, bytes.segmentCount()));
  }

  @Override
  protected SegmentedBytes ofOwned(MemorySegment memory, @Nullable MemoryOwner owner) {
    return SegmentedBytes.ofOwned(memory, owner);
  }

  @Override
  protected void copyTo(
      CopyLedger.Site site,
      SegmentedBytes bytes,
      long byteOffset,
      MemorySegment target,
      long targetByteOffset,
      long byteSize) {
    bytes.copyTo(site, byteOffset, target, targetByteOffset, byteSize);
  }

  @Override
  protected void update(Checksum checksum, SegmentedBytes bytes) {
    Access.update(checksum, bytes);
  }

  @Override
  protected Loan loanOf(LoanMemory memory) {
    return new Loan(memory);
  }

  @Override
  protected LoanMemory handOver(Loan loan) {
    return loan.handOverMemory();
  }
}
