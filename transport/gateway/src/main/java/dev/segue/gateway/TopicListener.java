package dev.segue.gateway;

/** Gets each sample of the topics that it asked for. */
interface TopicListener {
  /**
   * One sample, which is the topic's newest already. Who keeps it for longer than the call has it
   * lent, or acquires it. Must not block.
   */
  void onSample(Topic topic, KeptSample sample);

  /** A sample came that could not be kept: there is no memory for it now. */
  void onLost(Topic topic, Metadata metadata);

  /** There will be no more, as the gateway closes. */
  void onEnd();
}
