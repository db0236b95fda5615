package dev.segue.zenoh;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The three ways to receive, each as a source of {@link Received}. */
enum Style {
  POLL,
  RECEIVE,
  HANDLER;

  interface Source extends AutoCloseable {
    Received next() throws ZenohException, InterruptedException;

    @Override
    void close();
  }

  Source subscribe(Session session, KeyExpr keyExpr) throws ZenohException {
    return subscribe(session, keyExpr, SubscriberOptions.defaults());
  }

  Source subscribe(Session session, KeyExpr keyExpr, SubscriberOptions options)
      throws ZenohException {
    BlockingQueue<Received> arrived = new LinkedBlockingQueue<>();
    SampleHandler handler = sample -> arrived.add(Received.of(sample));
    Subscriber subscriber =
        this == HANDLER
            ? session.declareSubscriber(keyExpr, options, handler)
            : session.declareSubscriber(keyExpr, options);
    return new Source() {
      @Override
      public Received next() throws ZenohException, InterruptedException {
        return switch (Style.this) {
          case POLL -> {
            Await.until("a sample", () -> subscriber.poll(handler, 1) == 1);
            yield arrived.remove();
          }
          case RECEIVE -> {
            try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
              yield Received.of(sample);
            }
          }
          case HANDLER -> present(arrived.poll(Await.LONG.toSeconds(), TimeUnit.SECONDS));
        };
      }

      @Override
      public void close() {
        subscriber.close();
      }
    };
  }

  private static Received present(@Nullable Received received) {
    if (received == null) {
      throw new AssertionError("waited in vain for a sample");
    }
    return received;
  }
}
