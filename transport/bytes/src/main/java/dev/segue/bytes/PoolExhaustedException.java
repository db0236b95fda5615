package dev.segue.bytes;

/** A pool has no room for a loan now. */
public final class PoolExhaustedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The loan that was asked for, and what the pool had. */
  public PoolExhaustedException(long byteSize, long availableByteSize, long capacityByteSize) {
    super(
        "loan of byteSize="
            + byteSize
            + ": the pool has availableByteSize="
            + availableByteSize
            + " of capacityByteSize="
            + capacityByteSize
            + "; close loans and samples sooner, wait with tryLoan(byteSize, timeout), or make the"
            + " pool larger");
  }
}
