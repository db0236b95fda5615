package dev.segue.iceoryx2;

import java.time.Duration;
import java.util.Objects;

/**
 * How a {@link Publisher} is made.
 *
 * @param maxByteSize the largest message
 * @param loanCount loans that are out at a time at most
 * @param patience how long a send waits for a subscriber whose buffer is full, where the service
 *     has no safe overflow
 */
public record PublisherOptions(long maxByteSize, int loanCount, Duration patience) {
  private static final Duration LONGEST = Duration.ofDays(1);

  /**
   * Checked numbers.
   *
   * @throws IllegalArgumentException if {@code maxByteSize} or {@code loanCount} is not positive,
   *     {@code loanCount} is above 65,536, or {@code patience} is negative or longer than a day
   */
  public PublisherOptions {
    if (maxByteSize <= 0) {
      throw new IllegalArgumentException("maxByteSize=" + maxByteSize + ": must be positive");
    }
    Bounds.check("loanCount", loanCount, 1);
    Objects.requireNonNull(patience, "patience");
    if (patience.isNegative() || patience.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("patience=" + patience + ": 0 to " + LONGEST);
    }
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
