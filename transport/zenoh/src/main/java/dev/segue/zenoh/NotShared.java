package dev.segue.zenoh;

/** The reason that a sample, or a part of it, didn't go through shared memory. */
public enum NotShared {
  /** {@link Config#sharedMemory} is off for this session. */
  DISABLED,
  /** The payload isn't memory of a {@link ShmPool}, or not all of it. */
  NOT_IN_POOL,
  /**
   * It is a part of a loan that doesn't start at the loan's first byte; a whole loan or a prefix
   * can be shared.
   */
  PART_OF_LOAN,
  /**
   * A peer on this machine takes no shared memory: it is off there, or can't be opened. Or the link
   * is a multicast one, which carries bytes alone.
   */
  PEER_WITHOUT,
  /** The link leads to another address: another machine, a virtual one or a container. */
  OTHER_HOST
}
