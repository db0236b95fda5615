package dev.segue.iceoryx2;

import dev.segue.bytes.Loan;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs where there are few file descriptors, uses them up for a time, and says what comes of that.
 */
final class FewDescriptors {
  private static final PublisherOptions SMALL = PublisherOptions.of(8);

  private FewDescriptors() {}

  static void run(Node node) throws Exception {
    PublishSubscribe service = node.publishSubscribe("a", Qos.defaults());
    Subscriber subscriber = service.newSubscriber();
    Publisher first = service.newPublisher(SMALL);
    send(first, 1);
    receive(subscriber);
    Publisher second = service.newPublisher(SMALL);
    send(second, 2);
    // Also loads the classes of what follows, while files can be opened.
    say("service", () -> node.publishSubscribe("a", Qos.defaults().withBuffer(100, 1)));
    List<FileChannel> all = new ArrayList<>();
    try {
      while (true) {
        all.add(FileChannel.open(Path.of("/dev/null")));
      }
    } catch (IOException _) {
      // There are no more.
    }
    say("receive", () -> receive(subscriber));
    say("subscriber", service::newSubscriber);
    for (FileChannel one : all) {
      one.close();
    }
    subscriber.close();
    // As the documentation says: with a new one.
    Subscriber again = service.newSubscriber();
    send(second, 2);
    ChildMain.say("received " + receive(again));
    send(first, 1);
    ChildMain.say("received " + receive(again));
    node.close();
    ChildMain.say("closed");
  }

  private interface Step {
    void run() throws Exception;
  }

  private static void say(String what, Step step) throws Exception {
    try {
      step.run();
      ChildMain.say(what + ": no error");
    } catch (IceoryxException e) {
      ChildMain.say(what + ": " + e.kind());
    }
  }

  private static void send(Publisher publisher, int value) throws IceoryxException {
    Loan loan = publisher.loan(8);
    loan.segment().set(ValueLayout.JAVA_LONG, 0, value);
    publisher.send(loan);
  }

  private static long receive(Subscriber subscriber) throws IceoryxException {
    try (Sample sample = subscriber.tryReceive().orElse(null)) {
      return sample == null ? -1 : sample.payload().reader().readLong();
    }
  }
}
