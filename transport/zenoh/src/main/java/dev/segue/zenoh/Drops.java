package dev.segue.zenoh;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Counts what links dropped of one publisher's samples, and who wants to learn of it. */
final class Drops {
  /** Smaller ones get lost in the ordinary course of a droppable stream. */
  private static final long LARGE_BYTE_SIZE = 1 << 20;

  private static final System.Logger LOG = System.getLogger("dev.segue.zenoh");

  private final KeyExpr keyExpr;
  private final AtomicLong refusals = new AtomicLong();
  private final AtomicLong filtered = new AtomicLong();
  private final AtomicBoolean warned = new AtomicBoolean();
  private volatile @Nullable DropHandler handler;

  Drops(KeyExpr keyExpr) {
    this.keyExpr = keyExpr;
  }

  void handler(DropHandler value) {
    handler = value;
  }

  DropCounts counts() {
    return new DropCounts(refusals.get(), filtered.get());
  }

  /**
   * Takes what a put returned, for the case that links dropped its sample.
   *
   * @param isTold whether the caller of the put learns of it
   */
  void add(long code, long byteSize, boolean isTold) {
    if ((code & PutResult.DROPS) != 0) {
      dropped(code, byteSize, isTold);
    }
  }

  private void dropped(long code, long byteSize, boolean isTold) {
    Drop drop =
        new Drop(keyExpr, byteSize, PutResult.congestedOf(code), PutResult.filteredOf(code));
    refusals.addAndGet(drop.refusals());
    filtered.addAndGet(drop.filtered());
    DropHandler known = handler;
    if (known != null) {
      try {
        known.onDrop(drop);
      } catch (RuntimeException e) {
        LOG.log(System.Logger.Level.ERROR, "the handler of drops of " + keyExpr + " threw", e);
      }
    } else if (!isTold && drop.refusals() > 0 && byteSize >= LARGE_BYTE_SIZE) {
      warn(drop);
    }
  }

  private void warn(Drop drop) {
    if (warned.compareAndSet(false, true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} dropped byteSize={1}: a link had no room for it in time. This is logged once."
              + " PublisherOptions.blocking() makes puts wait for the network, tryPut returns what"
              + " happened, Publisher.onDrop reports each drop.",
          keyExpr,
          Long.toString(drop.byteSize()));
    }
  }
}
