package dev.segue.bytes;

import dev.segue.bytes.spi.Every;
import dev.segue.bytes.spi.MemoryOwner;

/** Begins and ends leases of {@link SegmentedBytes}: holds on its owners, and the count of them. */
final class Leases {
  private Leases() {}

  static void begin(SegmentedBytes bytes) {
    if (bytes.isEmpty()) {
      return;
    }
    acquireOwners(bytes);
    boolean begun = false;
    try {
      bytes.beginLease();
      begun = true;
    } finally {
      if (!begun) {
        releaseOwners(bytes, bytes.segmentCount());
      }
    }
  }

  static void end(SegmentedBytes bytes) {
    if (bytes.isEmpty()) {
      return;
    }
    if (!bytes.isOwned()) {
      bytes.endForeignLease();
      return;
    }
    bytes.endLease();
    try {
      releaseOwners(bytes, bytes.segmentCount());
    } finally {
      bytes.settleLease();
    }
  }

  /** Each owner of neighboring segments is held once for all of them. */
  private static void acquireOwners(SegmentedBytes bytes) {
    int count = bytes.segmentCount();
    int acquired = 0;
    try {
      for (; acquired < count; acquired++) {
        MemoryOwner owner = bytes.ownerAt(acquired);
        // A guarded owner may outlive what it gave out: a poll's, when the next samples are there.
        if ((owner == null || owner.isGuarded()) && !bytes.segmentAt(acquired).scope().isAlive()) {
          throw new IllegalStateException("lend of " + bytes + ": its memory has been freed");
        }
        if (owner != null && isFirstOf(owner, bytes, acquired)) {
          owner.acquire();
        }
      }
    } finally {
      if (acquired < count) {
        releaseOwners(bytes, acquired);
      }
    }
  }

  /** Releases all of them, also when the memory of one can't be given back. */
  private static void releaseOwners(SegmentedBytes bytes, int count) {
    Throwable failure = null;
    for (int i = 0; i < count; i++) {
      MemoryOwner owner = bytes.ownerAt(i);
      if (owner != null && isFirstOf(owner, bytes, i)) {
        try {
          owner.release();
        } catch (RuntimeException | Error e) {
          failure = Every.joined(failure, e);
        }
      }
    }
    Every.rethrow(failure);
  }

  private static boolean isFirstOf(MemoryOwner owner, SegmentedBytes bytes, int index) {
    return index == 0 || !owner.equals(bytes.ownerAt(index - 1));
  }
}
