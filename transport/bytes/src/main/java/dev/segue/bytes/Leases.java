package dev.segue.bytes;

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
      bytes.lending().begin(bytes);
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
    Lending lending = bytes.lending();
    lending.end();
    try {
      releaseOwners(bytes, bytes.segmentCount());
    } finally {
      lending.settle();
    }
  }

  /** Each owner of neighboring segments is held once for all of them. */
  private static void acquireOwners(SegmentedBytes bytes) {
    int count = bytes.segmentCount();
    int acquired = 0;
    try {
      for (; acquired < count; acquired++) {
        MemoryOwner owner = bytes.ownerAt(acquired);
        if (owner == null) {
          if (!bytes.segmentAt(acquired).scope().isAlive()) {
            throw new IllegalStateException("lend of " + bytes + ": its memory has been freed");
          }
        } else if (isFirstOf(owner, bytes, acquired)) {
          owner.acquire();
        }
      }
    } finally {
      if (acquired < count) {
        releaseOwners(bytes, acquired);
      }
    }
  }

  private static void releaseOwners(SegmentedBytes bytes, int count) {
    for (int i = 0; i < count; i++) {
      MemoryOwner owner = bytes.ownerAt(i);
      if (owner != null && isFirstOf(owner, bytes, i)) {
        owner.release();
      }
    }
  }

  private static boolean isFirstOf(MemoryOwner owner, SegmentedBytes bytes, int index) {
    return index == 0 || !owner.equals(bytes.ownerAt(index - 1));
  }
}
