package dev.segue.bench.peers;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Session;

/**
 * A process from its start, which whoever started it read off the same clock:
 *
 * <pre>
 * coldput tcp|shm ENDPOINT SPAWN_NANOS  prints the time to the end of the first put
 * coldsub tcp|shm ENDPOINT SPAWN_NANOS  prints the time to the first sample
 * </pre>
 */
final class ColdPeer {
  private ColdPeer() {}

  static void put(Config config, long spawned) throws Exception {
    SegmentedBytes payload = SeguePeer.payload(1024);
    try (Session session = Session.open(config);
        Publisher publisher =
            session.declarePublisher(PacedPeer.KEY, PublisherOptions.blocking())) {
      publisher.put(payload);
      System.out.println("first_put_ns=" + (System.nanoTime() - spawned));
    }
    System.exit(0);
  }

  static void subscribe(Config config, Receiving receiving, long spawned) throws Exception {
    try (Session session = Session.open(config)) {
      Receiving.Waiting samples = receiving.waiting(session, PacedPeer.KEY);
      samples.awaitOne();
      System.out.println("first_sample_ns=" + (System.nanoTime() - spawned));
    }
    System.exit(0);
  }
}
