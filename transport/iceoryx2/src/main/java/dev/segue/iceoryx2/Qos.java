package dev.segue.iceoryx2;

/**
 * Quality of service of a {@link PublishSubscribe} service. The process that creates the service
 * sets it; a process that opens it later may ask for at most as much.
 *
 * <p>Each publisher reserves memory for everything its subscribers can hold: {@code subscriberCount
 * × (bufferCount + borrowedCount) + historyCount} messages of the largest size, and its loans.
 * {@link PublishSubscribe#memoryByteSize} returns how many bytes that is; tight limits keep it
 * small.
 *
 * @param publisherCount publishers of all processes at most
 * @param subscriberCount subscribers of all processes at most
 * @param nodeCount nodes that have the service open at most
 * @param bufferCount messages that wait for a subscriber at most
 * @param borrowedCount samples of one publisher that a subscriber has open at most
 * @param historyCount messages that a publisher keeps for subscribers that come later
 * @param safeOverflow whether a message replaces the oldest one where the buffer is full; else the
 *     sender waits for room as long as its {@link PublisherOptions#patience()} and learns who
 *     missed it
 */
public record Qos(
    int publisherCount,
    int subscriberCount,
    int nodeCount,
    int bufferCount,
    int borrowedCount,
    int historyCount,
    boolean safeOverflow) {
  private static final Qos DEFAULTS = new Qos(2, 2, 20, 2, 2, 0, true);

  /**
   * Checked numbers.
   *
   * @throws IllegalArgumentException if a count is not positive ({@code historyCount}: negative) or
   *     above 65,536
   */
  public Qos {
    Bounds.check("publisherCount", publisherCount, 1);
    Bounds.check("subscriberCount", subscriberCount, 1);
    Bounds.check("nodeCount", nodeCount, 1);
    Bounds.check("bufferCount", bufferCount, 1);
    Bounds.check("borrowedCount", borrowedCount, 1);
    Bounds.check("historyCount", historyCount, 0);
  }

  /**
   * Two publishers, two subscribers, 20 nodes, two messages that wait and two samples that are
   * open, no history, safe overflow.
   */
  public static Qos defaults() {
    return DEFAULTS;
  }

  /** This with other numbers of publishers and subscribers. */
  public Qos withPorts(int publishers, int subscribers) {
    return new Qos(
        publishers, subscribers, nodeCount, bufferCount, borrowedCount, historyCount, safeOverflow);
  }

  /** This with another number of nodes. */
  public Qos withNodes(int nodes) {
    return new Qos(
        publisherCount,
        subscriberCount,
        nodes,
        bufferCount,
        borrowedCount,
        historyCount,
        safeOverflow);
  }

  /** This with other numbers of messages that wait and of samples that are open. */
  public Qos withBuffer(int buffered, int borrowed) {
    return new Qos(
        publisherCount, subscriberCount, nodeCount, buffered, borrowed, historyCount, safeOverflow);
  }

  /** This with another number of messages that are kept. */
  public Qos withHistory(int history) {
    return new Qos(
        publisherCount,
        subscriberCount,
        nodeCount,
        bufferCount,
        borrowedCount,
        history,
        safeOverflow);
  }

  /** This with or without safe overflow. */
  public Qos withSafeOverflow(boolean overflow) {
    return new Qos(
        publisherCount,
        subscriberCount,
        nodeCount,
        bufferCount,
        borrowedCount,
        historyCount,
        overflow);
  }
}
