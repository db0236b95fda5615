package dev.segue.recording;

import dev.segue.bytes.LoanPool;
import dev.segue.zenoh.KeyExpr;
import org.jspecify.annotations.Nullable;

/**
 * Options of a {@link RecordingStorage}. Values are immutable; a method returns a changed one.
 *
 * @param keyPrefix what the recorded keys are served under; empty for the recorded ones
 * @param jobs how many queries are answered at a time; others wait
 * @param loans where large payloads are read to: a shared-memory pool, from which they go to other
 *     processes without a copy; null for memory of the storage's own
 */
public record StorageOptions(String keyPrefix, int jobs, @Nullable LoanPool loans) {
  /** Checks the values. */
  public StorageOptions {
    if (!keyPrefix.isEmpty() && KeyExpr.of(keyPrefix).isWild()) {
      throw new IllegalArgumentException(
          "storage under keyPrefix=" + keyPrefix + ": a key without wildcards");
    }
    if (jobs < 1) {
      throw new IllegalArgumentException("storage of jobs=" + jobs + ": at least 1");
    }
  }

  /** The recorded keys, two queries at a time, memory of its own. */
  public static StorageOptions defaults() {
    return new StorageOptions("", 2, null);
  }

  /** With another prefix of the keys. */
  public StorageOptions keyPrefix(String value) {
    return new StorageOptions(value, jobs, loans);
  }

  /** With another number of queries at a time. */
  public StorageOptions jobs(int value) {
    return new StorageOptions(keyPrefix, value, loans);
  }

  /** With a pool, which stays the caller's. */
  public StorageOptions loans(LoanPool value) {
    return new StorageOptions(keyPrefix, jobs, value);
  }
}
