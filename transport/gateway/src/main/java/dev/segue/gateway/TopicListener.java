package dev.segue.gateway;

import java.net.InetAddress;

/** Gets each sample of the topics that it asked for. */
interface TopicListener {
  /**
   * One sample, which is the topic's newest already. Who keeps it for longer than the call has it
   * lent, or acquires it. Must not block.
   */
  void onSample(Topic topic, KeptSample sample);

  /**
   * Samples came that it is not told of: there was no memory to keep them, or too many waited to be
   * told. The topic's newest one may be one of them, or a later one.
   *
   * @param sequence the last one's
   */
  void onMissed(Topic topic, long count, long sequence);

  /** Returns who listens: all of an address are told by one {@link ClientLine}. */
  InetAddress client();

  /** There will be no more, as the gateway closes. */
  void onEnd();
}
