package dev.segue.zenoh;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.Loan;

/** A program that forgets to close what it received. */
final class Leaky {
  private Leaky() {}

  static void run() throws Exception {
    try (Session session = Session.open(Config.isolated());
        ShmPool pool = ShmPool.create(1 << 16);
        Subscriber subscriber = session.declareSubscriber(ChildMain.KEY)) {
      closeEverything(session, pool, subscriber);
      session.put(ChildMain.KEY, Payloads.number(1));
      loseAReceivedSample(subscriber);
      session.put(ChildMain.KEY, Payloads.number(2));
      loseARetainedSample(subscriber);
      session.put(ChildMain.KEY, Payloads.number(3));
      loseAPiece(subscriber);
      for (int i = 0; i < 50; i++) {
        System.gc();
        Thread.sleep(10);
      }
    }
    ChildMain.say("done");
  }

  private static void closeEverything(Session session, ShmPool pool, Subscriber subscriber)
      throws Exception {
    try (Loan loan = pool.loan(100)) {
      loan.segment().fill((byte) 1);
      session.put(ChildMain.KEY, loan.handOver());
    }
    try (Sample sample = subscriber.receive(Await.LONG).orElseThrow();
        Sample retained = sample.retain()) {
      retained.payload().segments();
    }
  }

  private static void loseAReceivedSample(Subscriber subscriber) throws Exception {
    subscriber.receive(Await.LONG).orElseThrow().payload().segments();
  }

  private static void loseARetainedSample(Subscriber subscriber) throws Exception {
    try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
      sample.retain().payload().segments();
    }
  }

  private static void loseAPiece(Subscriber subscriber) throws Exception {
    try (BytesSource source = subscriber.asSource()) {
      source.next().orElseThrow().bytes().segments();
    }
  }
}
