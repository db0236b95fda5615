package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Links of a multicast group, which anybody on the network can send to. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class MulticastLinkTest {
  private static final KeyExpr KEY = KeyExpr.of("test/multicast");
  private static final SegmentedBytes TEXT = SegmentedBytes.copyOfUtf8("text");
  private static final String GROUP = "224.0.0.225";

  /** JOIN with a lease in seconds, of a node with a short id. */
  private static final int JOIN = 0x07 | 0x20;

  /** A reliable FRAME that has a priority, of the message that does nothing. */
  private static final int FRAME = 0x05 | 0x20 | 0x80;

  enum Datagrams {
    NOT_A_MESSAGE,
    EMPTY,
    A_PRIORITY_THAT_THE_NODE_DOES_NOT_USE,
    ANOTHER_NODE_AT_THE_SAME_ADDRESS,
    A_LEASE_OF_NOTHING,
    A_LEASE_WITHOUT_END
  }

  private static int freePort() throws IOException {
    try (DatagramSocket socket = new DatagramSocket()) {
      return socket.getLocalPort();
    }
  }

  private static Config config(int port) {
    return Config.isolated().listen("udp/" + GROUP + ":" + port + "#iface=lo");
  }

  private static boolean putAndReceive(Publisher publisher, Subscriber subscriber)
      throws ZenohException, InterruptedException {
    publisher.put(TEXT);
    var sample = subscriber.receive(Duration.ofMillis(500));
    sample.ifPresent(Sample::close);
    return sample.isPresent();
  }

  /** Until all of them are known to the publisher, and nothing is on the way any more. */
  private static void meet(Publisher publisher, List<Subscriber> subscribers) throws Exception {
    for (Subscriber subscriber : subscribers) {
      boolean met = false;
      for (int i = 0; i < 60 && !met; i++) {
        met = putAndReceive(publisher, subscriber);
      }
      assumeTrue(met, "no multicast over the loopback interface");
    }
    Thread.sleep(300);
    for (Subscriber subscriber : subscribers) {
      while (subscriber.tryReceive().map(MulticastLinkTest::closed).isPresent()) {
        // What several were asked for.
      }
    }
  }

  private static boolean closed(Sample sample) {
    sample.close();
    return true;
  }

  @ParameterizedTest
  @EnumSource
  void aLinkGoesOnAfterDatagramsThatAnybodySends(Datagrams datagrams) throws Exception {
    int port = freePort();
    try (Session near = Session.open(config(port));
        Session far = Session.open(config(port));
        Subscriber subscriber = far.declareSubscriber(KEY);
        Publisher publisher = near.declarePublisher(KEY)) {
      meet(publisher, List.of(subscriber));
      send(datagrams, port);
      // A link that ended would have by now.
      Thread.sleep(500);
      Await.until("a sample", () -> putsAndReceives(publisher, subscriber));
      assertFalse(near.links().isEmpty());
      assertFalse(far.links().isEmpty());
    }
  }

  private static boolean putsAndReceives(Publisher publisher, Subscriber subscriber)
      throws ZenohException {
    try {
      return putAndReceive(publisher, subscriber);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void send(Datagrams datagrams, int port) throws Exception {
    try (DatagramSocket socket =
        new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      NetworkInterface loopback = NetworkInterface.getByName("lo");
      socket.setOption(StandardSocketOptions.IP_MULTICAST_IF, loopback);
      for (byte[] message : messages(datagrams)) {
        socket.send(
            new DatagramPacket(message, message.length, InetAddress.getByName(GROUP), port));
        Thread.sleep(300);
      }
    }
  }

  private static List<byte[]> messages(Datagrams datagrams) {
    return switch (datagrams) {
      case NOT_A_MESSAGE -> List.of(new byte[] {(byte) 0xFF, 1, 2, 3});
      case EMPTY -> List.of(new byte[0]);
      case A_PRIORITY_THAT_THE_NODE_DOES_NOT_USE ->
          List.of(join(1, 10), new byte[] {(byte) FRAME, 11, 0x31, 1});
      case ANOTHER_NODE_AT_THE_SAME_ADDRESS -> List.of(join(1, 10), join(2, 10));
      case A_LEASE_OF_NOTHING -> List.of(join(1, 0));
      case A_LEASE_WITHOUT_END -> List.of(join(1, -1));
    };
  }

  private static byte[] join(int node, long lease) {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    message.writeBytes(new byte[] {JOIN, 9, 1, (byte) node});
    long rest = lease;
    for (; (rest & ~0x7F) != 0; rest >>>= 7) {
      message.write((int) (rest & 0x7F) | 0x80);
    }
    message.write((int) rest);
    // The numbers of its next messages.
    message.writeBytes(new byte[] {10, 10});
    return message.toByteArray();
  }

  /** A descriptor is counted for one reader, and a group has any number. */
  @Test
  void aLoanGoesAsBytesWhichEachReaderKeeps() throws Exception {
    int port = freePort();
    try (Session near = Session.open(config(port));
        Session one = Session.open(config(port));
        Session without = Session.open(config(port).sharedMemory(false));
        ShmPool pool = ShmPool.create(64 << 10);
        Subscriber first = one.declareSubscriber(KEY);
        Subscriber second = without.declareSubscriber(KEY);
        Publisher publisher = near.declarePublisher(KEY)) {
      meet(publisher, List.of(first, second));
      Loan loan = pool.loan(8_192);
      loan.segment().fill((byte) 'A');
      publisher.put(loan);
      first.receive(Await.LONG).orElseThrow().close();
      try (Sample kept = second.receive(Await.LONG).orElseThrow()) {
        List<Loan> others = new ArrayList<>();
        for (var other = pool.tryLoan(8_192); other.isPresent(); other = pool.tryLoan(8_192)) {
          other.orElseThrow().segment().fill((byte) 'X');
          others.add(other.orElseThrow());
        }
        assertEquals("A".repeat(8_192), kept.payload().copyToUtf8String());
        others.forEach(Loan::close);
      }
    }
  }
}
