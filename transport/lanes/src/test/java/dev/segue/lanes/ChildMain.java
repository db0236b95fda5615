package dev.segue.lanes;

import dev.segue.iceoryx2.Node;
import dev.segue.zenoh.Session;
import java.io.IOException;

/** What the other process does; says each step on its standard output. */
final class ChildMain {
  private ChildMain() {}

  public static void main(String[] arguments) throws Exception {
    Node node = Wire.node(arguments[1]);
    Session session = Wire.connected(arguments[2]);
    Lanes lanes = Lanes.of(session, node);
    switch (arguments[0]) {
      case "read" -> read(lanes);
      case "publish" -> publish(lanes);
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  /** Reads until it is killed; says when it goes on by iceoryx2, and that it holds a frame. */
  private static void read(Lanes lanes) throws Exception {
    LaneSubscriber subscriber =
        lanes.declareSubscriber(Wire.KEY, LaneSubscriberOptions.defaults().withZenoh(Plain.HOLD));
    say("open");
    int next = -1;
    boolean near = false;
    Lane lane = Lane.ZENOH;
    while (true) {
      LaneSample sample = subscriber.receive(Wire.LONG).orElseThrow();
      int number = Wire.number(sample);
      if (next >= 0 && number != next) {
        say(
            "expected "
                + next
                + " got "
                + number
                + " by "
                + sample.lane()
                + " before by "
                + lane
                + " missedCount="
                + subscriber.missedCount());
      }
      next = number + 1;
      lane = sample.lane();
      if (!near && sample.lane() == Lane.ICEORYX2) {
        near = true;
        say("near");
        continue; // it stays open until the process is killed
      }
      sample.close();
    }
  }

  /** Publishes as often as it is told to. */
  private static void publish(Lanes lanes) throws Exception {
    LanePublisher publisher = lanes.declarePublisher(Wire.KEY, Wire.FRAMES);
    say("open");
    int number = 0;
    int next = System.in.read();
    while (next != -1) {
      if (next == '\n') {
        LaneDelivery delivery = Wire.put(publisher, number++);
        say("put " + delivery.nearCount());
      }
      next = System.in.read();
    }
  }

  private static void say(String line) throws IOException {
    System.out.println(line);
    System.out.flush();
  }
}
