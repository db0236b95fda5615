package dev.segue.cli.terminal;

import dev.segue.bytes.CopyLedger;

/**
 * Measures a command from its construction on: time, and copies in the ledger.
 *
 * <p>Owner: the caller. Lifetime: unlimited. Threads: any.
 */
public final class Watch {
  private final long start = System.nanoTime();
  private final CopyLedger.Snapshot before = CopyLedger.snapshot();

  /** Seconds until now. */
  public double seconds() {
    return (System.nanoTime() - start) / 1e9;
  }

  /** Returns what was copied until now. */
  public CopyLedger.Snapshot copies() {
    return CopyLedger.snapshot().since(before);
  }
}
