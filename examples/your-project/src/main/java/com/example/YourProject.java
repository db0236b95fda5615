package com.example;

import dev.segue.bytes.Loan;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.Subscriber;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;

/** Sends three frames from one session to another in shared memory. */
public final class YourProject {
  private static final int FRAME_BYTE_SIZE = 1920 * 1080 * 3;

  private YourProject() {}

  public static void main(String[] arguments) throws Exception {
    KeyExpr key = KeyExpr.of("robot/camera");
    String endpoint = freeEndpoint();
    try (Session here = Session.open(Config.isolated().listen(endpoint));
        Session there = Session.open(Config.isolated().connect(endpoint));
        Subscriber subscriber = here.declareSubscriber(key);
        ShmPool pool = ShmPool.create(64 << 20);
        Publisher publisher = there.declarePublisher(key, PublisherOptions.blocking())) {
      if (!publisher.awaitMatchingSubscribers(Duration.ofSeconds(30))) {
        throw new IllegalStateException("no subscriber at " + endpoint);
      }
      for (int i = 0; i < 3; i++) {
        try (Loan frame = pool.loan(FRAME_BYTE_SIZE)) {
          frame.segment().fill((byte) i);
          publisher.put(frame);
        }
        try (Sample sample = subscriber.receive(Duration.ofSeconds(30)).orElseThrow()) {
          System.out.println(
              "frame "
                  + sample.payload().byteAt(FRAME_BYTE_SIZE - 1)
                  + ": "
                  + sample.payload().byteSize()
                  + " bytes, in shared memory: "
                  + sample.isSharedMemory());
        }
      }
    }
  }

  private static String freeEndpoint() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "tcp/127.0.0.1:" + socket.getLocalPort();
    }
  }
}
