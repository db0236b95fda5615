package dev.segue.iceoryx2;

import java.time.Duration;

/**
 * Options of a {@link Client}.
 *
 * @param maxByteSize the largest request
 * @param patience how long a send waits for a server whose buffer is full, where the service has no
 *     safe overflow for requests
 */
public record ClientOptions(long maxByteSize, Duration patience) {
  /**
   * Checked numbers.
   *
   * @throws IllegalArgumentException if {@code maxByteSize} is not positive, or {@code patience} is
   *     negative or longer than a day
   */
  public ClientOptions {
    Bounds.checkPort(maxByteSize, patience);
  }

  /** Requests up to a size, one second of patience. */
  public static ClientOptions of(long maxByteSize) {
    return new ClientOptions(maxByteSize, Duration.ofSeconds(1));
  }

  /** These with another patience. */
  public ClientOptions withPatience(Duration newPatience) {
    return new ClientOptions(maxByteSize, newPatience);
  }
}
