package dev.segue.bench;

/**
 * How long a run of the benches takes.
 *
 * @param iterations of a JMH method, to warm up and again to measure
 * @param iterationMillis of one of them
 * @param rounds of the benches between processes
 * @param shmTripCount round trips in shared memory in a third of a round
 * @param tcpTripCount likewise over TCP
 * @param throughputSeconds how long a publisher sends
 * @param soakMessageCount small messages
 * @param soakFrameCount frames in shared memory
 */
record Scale(
    int iterations,
    long iterationMillis,
    int rounds,
    int shmTripCount,
    int tcpTripCount,
    int throughputSeconds,
    long soakMessageCount,
    long soakFrameCount) {
  /** A look, two minutes. */
  static final Scale QUICK = new Scale(2, 300, 1, 2_000, 30, 4, 1_000_000, 10_000);

  /** Medians to compare, ten minutes. */
  static final Scale USUAL = new Scale(3, 1_000, 5, 5_000, 100, 5, 3_000_000, 30_000);

  /** All that the claims say, half an hour. */
  static final Scale FULL = new Scale(5, 2_000, 9, 10_000, 200, 7, 10_000_000, 100_000);

  Scale rounds(int count) {
    return new Scale(
        iterations,
        iterationMillis,
        count,
        shmTripCount,
        tcpTripCount,
        throughputSeconds,
        soakMessageCount,
        soakFrameCount);
  }
}
