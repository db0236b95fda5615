package dev.segue.iceoryx2;

/** What a node opened, by itself or by a service of it. */
sealed interface Child extends AutoCloseable
    permits PublishSubscribe,
        Publisher,
        Subscriber,
        EventService,
        Notifier,
        Listener,
        RequestResponse,
        Client,
        PendingResponse,
        Server,
        WaitSet {
  @Override
  void close();
}
