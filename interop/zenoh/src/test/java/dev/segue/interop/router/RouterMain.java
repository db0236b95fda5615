package dev.segue.interop.router;

import dev.segue.zenoh.Config;
import dev.segue.zenoh.Session;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** A session of a configuration until it is killed: {@code RouterMain --config FILE}. */
final class RouterMain {
  private RouterMain() {}

  public static void main(String[] arguments) throws Exception {
    try (Session _ = Session.open(Config.fromFile(Path.of(arguments[1])))) {
      new CountDownLatch(1).await();
    }
  }
}
