package dev.segue.iceoryx2;

import java.time.Duration;

/**
 * Options of a {@link Server}.
 *
 * @param maxByteSize the largest response
 * @param loanCount loans for responses to one request that are out at a time at most
 * @param patience how long a response waits for a client whose buffer is full, where the service
 *     has no safe overflow for responses
 */
public record ServerOptions(long maxByteSize, int loanCount, Duration patience) {
  /**
   * Checked numbers.
   *
   * @throws IllegalArgumentException if {@code maxByteSize} or {@code loanCount} is not positive,
   *     {@code loanCount} is above 65,536, or {@code patience} is negative or longer than a day
   */
  public ServerOptions {
    Bounds.checkPort(maxByteSize, patience);
    Bounds.check("loanCount", loanCount, 1);
  }

  /** Responses up to a size, one loan, one second of patience. */
  public static ServerOptions of(long maxByteSize) {
    return new ServerOptions(maxByteSize, 1, Duration.ofSeconds(1));
  }

  /** These with another number of loans. */
  public ServerOptions withLoanCount(int loans) {
    return new ServerOptions(maxByteSize, loans, patience);
  }

  /** These with another patience. */
  public ServerOptions withPatience(Duration newPatience) {
    return new ServerOptions(maxByteSize, loanCount, newPatience);
  }
}
