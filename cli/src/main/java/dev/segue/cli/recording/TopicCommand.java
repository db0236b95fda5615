package dev.segue.cli.recording;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.SegueCommand;
import dev.segue.cli.store.ObjectUri;
import dev.segue.cli.store.StoreOptions;
import dev.segue.cli.store.Stores;
import dev.segue.cli.zenoh.Connections;
import dev.segue.cli.zenoh.ZenohOptions;
import dev.segue.objectstore.ObjectStore;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.time.Duration;
import picocli.CommandLine.Mixin;

/** The base of commands that move bytes between topics and an object. */
abstract class TopicCommand extends SegueCommand {
  private static final Duration DELIVERY = Duration.ofSeconds(5);

  @Mixin ZenohOptions zenoh = new ZenohOptions();

  /** Returns what the options say of the store. */
  abstract StoreOptions storeOptions();

  /** Returns where the object is. */
  abstract ObjectUri object();

  /** Looks, before anybody is waited for, whether there is anything to do. */
  void check(ObjectStore store) throws IOException, CommandFailedException {}

  /** Moves the bytes. */
  abstract void run(Session session, ObjectStore store)
      throws IOException, ZenohException, CommandFailedException, InterruptedException;

  @Override
  protected final void work()
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    if (object().isFolder()) {
      throw usage(object() + ": it names no object");
    }
    try (Stores stores = new Stores(storeOptions())) {
      ObjectStore store = stores.of(object(), storeOptions().variables());
      check(store);
      Config config = zenoh.config();
      try (Session session = Session.open(config);
          Connections _ =
              Connections.watch(session, config, text -> say(spec.qualifiedName() + ": " + text))) {
        run(session, store);
      }
    }
  }

  /** Waits a little until the readers of a pool have let go of it: then all has been delivered. */
  static void awaitDelivery(ShmPool pool) throws InterruptedException {
    long deadline = System.nanoTime() + DELIVERY.toNanos();
    while (pool.collect() < pool.capacityByteSize() && System.nanoTime() - deadline < 0) {
      Thread.sleep(1);
    }
  }
}
