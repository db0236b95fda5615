package dev.segue.bench.command;

/**
 * The length of a run of the benches.
 *
 * @param about how long, for the usage and the documentation
 * @param forks JVMs that a JMH method runs in, one after the other
 * @param iterations of a JMH method in a fork, to warm up and again to measure
 * @param iterationMillis of one of them
 * @param rounds of the contenders that are judged, between processes; each one is a fork
 * @param otherRounds of the other contenders
 * @param shmTripCount round trips in shared memory in a third of a round
 * @param tcpTripCount likewise over TCP
 * @param throughputSeconds that count, after the rate has settled
 * @param pacedSeconds of a stream at a fixed rate
 * @param soakSeconds of a lane
 */
public record Scale(
    String about,
    int forks,
    int iterations,
    long iterationMillis,
    int rounds,
    int otherRounds,
    int shmTripCount,
    int tcpTripCount,
    int throughputSeconds,
    int pacedSeconds,
    long soakSeconds) {
  /** The primary figures alone. */
  public static final Scale QUICK =
      new Scale("about 8 minutes", 2, 2, 300, 3, 1, 2_000, 30, 10, 7, 30);

  /** The whole report. */
  public static final Scale FULL =
      new Scale("about 60 minutes", 3, 2, 400, 4, 1, 5_000, 100, 10, 14, 45);

  Scale withRounds(int count) {
    return new Scale(
        about,
        forks,
        iterations,
        iterationMillis,
        count,
        count,
        shmTripCount,
        tcpTripCount,
        throughputSeconds,
        pacedSeconds,
        soakSeconds);
  }

  Scale withSoakSeconds(long seconds) {
    return new Scale(
        about,
        forks,
        iterations,
        iterationMillis,
        rounds,
        otherRounds,
        shmTripCount,
        tcpTripCount,
        throughputSeconds,
        pacedSeconds,
        seconds);
  }

  /** A moment of each, to see that it runs to its end: its figures say nothing. */
  static final Scale SMOKE = new Scale("a few minutes", 1, 1, 50, 1, 1, 50, 3, 2, 1, 3);
}
