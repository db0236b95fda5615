package dev.segue.iceoryx2;

import java.time.Duration;

/**
 * Options of a {@link Publisher}.
 *
 * @param maxByteSize the largest message
 * @param loanCount loans that are out at a time at most
 * @param patience how long a send waits for a subscriber whose buffer is full, where the service
 *     has no safe overflow
 */
public record PublisherOptions(long maxByteSize, int loanCount, Duration patience) {
  /**
   * Checked numbers.
   *
   * @throws IllegalArgumentException if {@code maxByteSize} or {@code loanCount} is not positive,
   *     {@code loanCount} is above 65,536, or {@code patience} is negative or longer than a day
   */
  public PublisherOptions {
    Bounds.checkPort(maxByteSize, patience);
    Bounds.check("loanCount", loanCount, 1);
  }

  /** Messages up to a size, two loans, one second of patience. */
  public static PublisherOptions of(long maxByteSize) {
    return new PublisherOptions(maxByteSize, 2, Duration.ofSeconds(1));
  }

  /** These with another number of loans. */
  public PublisherOptions withLoanCount(int loans) {
    return new PublisherOptions(maxByteSize, loans, patience);
  }

  /** These with another patience. */
  public PublisherOptions withPatience(Duration newPatience) {
    return new PublisherOptions(maxByteSize, loanCount, newPatience);
  }
}
