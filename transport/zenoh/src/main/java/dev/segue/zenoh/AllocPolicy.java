package dev.segue.zenoh;

/** How hard a {@link ShmPool} looks for room before it says that there is none. */
public enum AllocPolicy {
  /** Takes what is free. */
  JUST_ALLOC,
  /** And gives back first what no process holds any more. */
  COLLECT,
  /** And joins neighbouring free chunks. The default. */
  DEFRAGMENT
}
