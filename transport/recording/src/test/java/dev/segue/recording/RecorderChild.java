package dev.segue.recording;

import dev.segue.objectstore.ObjectStore;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Session;

/** A process that records until it is killed: {@code STORE KEY ENDPOINT}. */
final class RecorderChild {
  private RecorderChild() {}

  public static void main(String[] arguments) throws Exception {
    try (ObjectStore store = ObjectStore.open(arguments[0]);
        Session session = Session.open(Config.isolated().connect(arguments[2]));
        Recorder recorder =
            Recorder.start(
                session,
                KeyExpr.of("robot/**"),
                store.write(arguments[1]),
                RecorderOptions.defaults())) {
      while (true) {
        System.out.println(recorder.counts().messageCount());
        Thread.sleep(10);
      }
    }
  }
}
