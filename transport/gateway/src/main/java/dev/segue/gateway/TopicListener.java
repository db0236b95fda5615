package dev.segue.gateway;

/** Is told of each sample of the topics that it asked for. */
interface TopicListener {
  /** One sample; who keeps it for longer than the call acquires it. Must not block. */
  void onValue(Value value);

  /** There will be no more, as the gateway closes. */
  void onEnd();
}
