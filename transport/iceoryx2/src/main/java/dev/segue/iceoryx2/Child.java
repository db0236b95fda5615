package dev.segue.iceoryx2;

/** An object that a node opened, by itself or through one of its services. */
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
