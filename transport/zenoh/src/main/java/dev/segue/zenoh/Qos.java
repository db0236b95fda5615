package dev.segue.zenoh;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The quality of service of messages.
 *
 * @param congestionControl what to do when the network can't keep up
 * @param priority order among messages that wait
 * @param express {@code true}: not held back to be batched with others, for latency
 * @param reliability which links to take
 * @param destination which subscribers get it
 */
public record Qos(
    CongestionControl congestionControl,
    Priority priority,
    boolean express,
    Reliability reliability,
    Locality destination) {
  private static final Qos DEFAULT =
      new Qos(CongestionControl.DROP, Priority.DATA, false, Reliability.RELIABLE, Locality.ANY);

  /** Zenoh's defaults: drop under congestion, data priority, reliable, anywhere. */
  public static Qos defaults() {
    return DEFAULT;
  }

  /** With another congestion control. */
  public Qos congestionControl(CongestionControl value) {
    return new Qos(value, priority, express, reliability, destination);
  }

  /** With another priority. */
  public Qos priority(Priority value) {
    return new Qos(congestionControl, value, express, reliability, destination);
  }

  /** With or without batching. */
  public Qos express(boolean value) {
    return new Qos(congestionControl, priority, value, reliability, destination);
  }

  /** With another reliability. */
  public Qos reliability(Reliability value) {
    return new Qos(congestionControl, priority, express, value, destination);
  }

  /** With another destination. */
  public Qos destination(Locality value) {
    return new Qos(congestionControl, priority, express, reliability, value);
  }

  MemorySegment write(Arena arena) {
    return arena.allocateFrom(
        ValueLayout.JAVA_INT,
        congestionControl.code(),
        priority.code(),
        express ? 1 : 0,
        reliability.code(),
        destination.code());
  }
}
