package dev.segue.iceoryx2;

/**
 * Quality of service of an {@link EventService}. The process that creates the service sets it; a
 * process that opens it later may ask for at most as much.
 *
 * @param notifierCount notifiers of all processes at most
 * @param listenerCount listeners of all processes at most
 * @param nodeCount nodes that have the service open at most
 * @param largestEvent the largest event number
 */
public record EventQos(int notifierCount, int listenerCount, int nodeCount, int largestEvent) {
  private static final EventQos DEFAULTS = new EventQos(16, 16, 36, 255);

  /**
   * Checked numbers.
   *
   * @throws IllegalArgumentException if a count is not positive ({@code largestEvent}: negative) or
   *     above 65,536
   */
  public EventQos {
    Bounds.check("notifierCount", notifierCount, 1);
    Bounds.check("listenerCount", listenerCount, 1);
    Bounds.check("nodeCount", nodeCount, 1);
    Bounds.check("largestEvent", largestEvent, 0);
  }

  /** 16 notifiers, 16 listeners, 36 nodes, events up to 255: iceoryx2's own. */
  public static EventQos defaults() {
    return DEFAULTS;
  }
}
