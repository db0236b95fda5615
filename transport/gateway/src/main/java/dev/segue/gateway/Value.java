package dev.segue.gateway;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Sample;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A sample that was kept, with its payload where the core put it; a small payload is a copy, since
 * to keep a sample and to let it go costs more.
 *
 * <p>Owner: all that acquired it; it starts with one. Lifetime: until the last of them releases it.
 * Threads: any.
 */
final class Value {
  /** Up to here a payload is copied. */
  static final int SMALL_BYTE_SIZE = 1024;

  private static final CopyLedger.Site SMALL =
      CopyLedger.site("gateway.smallPayloads", "to keep a small sample costs more than its copy");

  private final Metadata metadata;
  private final @Nullable Sample sample;
  private final byte[] small;
  private final AtomicInteger holders = new AtomicInteger(1);

  private Value(Metadata metadata, @Nullable Sample sample, byte[] small) {
    this.metadata = metadata;
    this.sample = sample;
    this.small = small;
  }

  /** Keeps a handler's sample, whose thread this must be. */
  static Value keep(Sample sample, Metadata metadata) {
    if (metadata.payloadByteSize() > SMALL_BYTE_SIZE) {
      return new Value(metadata, sample.retain(), new byte[0]);
    }
    byte[] copy = new byte[(int) metadata.payloadByteSize()];
    if (copy.length > 0) {
      sample.payload().copyTo(SMALL, 0, MemorySegment.ofArray(copy), 0, copy.length);
    }
    return new Value(metadata, null, copy);
  }

  Metadata metadata() {
    return metadata;
  }

  /** The payload; valid as long as the caller holds the value, for any thread. */
  SegmentedBytes payload() {
    return sample == null ? SegmentedBytes.copyOf(small) : sample.payload();
  }

  /** One more holds it. False when the last one has let go of it. */
  boolean tryAcquire() {
    int before;
    do {
      before = holders.get();
      if (before == 0) {
        return false;
      }
    } while (!holders.compareAndSet(before, before + 1));
    return true;
  }

  void acquire() {
    if (!tryAcquire()) {
      throw new IllegalStateException("acquire of a value of " + metadata.key() + ": it has ended");
    }
  }

  void release() {
    int left = holders.decrementAndGet();
    if (left < 0) {
      throw new IllegalStateException(
          "release of a value of " + metadata.key() + ": nobody has it");
    }
    if (left == 0 && sample != null) {
      sample.close();
    }
  }

  @Override
  public String toString() {
    return "Value[" + metadata.key() + ", sequence=" + metadata.sequence() + "]";
  }
}
