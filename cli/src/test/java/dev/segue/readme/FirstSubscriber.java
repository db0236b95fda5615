package dev.segue.readme;

// snippet: subscriber
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import java.time.Duration;

/** Receives ten frames and reads a byte of each where it lies in shared memory. */
public final class FirstSubscriber {
  public static void main(String[] arguments) throws Exception {
    String endpoint = arguments.length > 0 ? arguments[0] : "tcp/127.0.0.1:7447";
    try (Session session = Session.open(Config.isolated().listen(endpoint));
        Subscriber subscriber = session.declareSubscriber(KeyExpr.of("robot/camera"))) {
      for (int i = 0; i < 10; i++) {
        try (Sample sample = subscriber.receive(Duration.ofMinutes(1)).orElseThrow()) {
          System.out.println(
              sample.payload().byteSize() + " bytes, the first is " + sample.payload().byteAt(0));
        }
      }
    }
  }
}
// end
