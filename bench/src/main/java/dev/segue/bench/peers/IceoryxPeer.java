package dev.segue.bench.peers;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import com.sun.management.ThreadMXBean;
import dev.segue.bench.harness.Contender;
import dev.segue.bytes.Loan;
import dev.segue.iceoryx2.Delivery;
import dev.segue.iceoryx2.IceoryxException;
import dev.segue.iceoryx2.Node;
import dev.segue.iceoryx2.NodeOptions;
import dev.segue.iceoryx2.PublishSubscribe;
import dev.segue.iceoryx2.Publisher;
import dev.segue.iceoryx2.PublisherOptions;
import dev.segue.iceoryx2.Qos;
import dev.segue.iceoryx2.Sample;
import dev.segue.iceoryx2.SampleHandler;
import dev.segue.iceoryx2.Subscriber;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.agrona.concurrent.BusySpinIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.YieldingIdleStrategy;

/**
 * Our side of the benches over iceoryx2, with the roles and lines of {@code bench/peers/iceoryx2}:
 *
 * <pre>
 * IceoryxPeer STYLE echo PREFIX NAME READERS              answers each frame with its first 8 bytes
 * IceoryxPeer STYLE sum  PREFIX NAME READERS              answers each frame with the sum of its bytes
 * IceoryxPeer STYLE ping PREFIX NAME READERS COUNT BYTES  prints send times and round trips, after a warm-up
 * IceoryxPeer STYLE fill PREFIX NAME READERS COUNT BYTES  fills frames and checks the sums
 * IceoryxPeer STYLE sub  PREFIX NAME SECONDS              counts messages, polled in batches
 * IceoryxPeer STYLE pub  PREFIX NAME BYTES                sends messages until it is ended
 * </pre>
 *
 * <p>STYLE is {@code spin}, {@code yield} or {@code wait}.
 */
public final class IceoryxPeer {
  private static final int ROUNDS = 3;
  private static final int BATCH = 64;

  /** For each round trip that counts. */
  private static final long WARM_UP_NANOS = 5_000_000;

  /**
   * After 2 s two processes that spin were not compiled in two runs of three, after 10 s in all.
   */
  private static final long LONGEST_WARM_UP_NANOS = 10_000_000_000L;

  /** Round trips between two pauses. */
  private static final int WARM_UP_BURST = 256;

  private static final int MESSAGE_BUFFER = 1024;
  private static final long LONG_SECONDS = 60;
  private static final Duration LONG = Duration.ofSeconds(LONG_SECONDS);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final String style;
  private final IdleStrategy idle;
  private final Node node;
  private final String name;

  private IceoryxPeer(String style, Node node, String name) {
    this.style = style;
    this.idle = style.equals("spin") ? new BusySpinIdleStrategy() : new YieldingIdleStrategy();
    this.node = node;
    this.name = name;
  }

  /** The command before role, prefix, name and numbers. */
  public static List<String> command(String style) {
    List<String> command = Contender.javaCommand(IceoryxPeer.class, "-XX:+UseSerialGC", "-Xmx256m");
    command.add(style);
    return command;
  }

  /** A role, as the class comment says. */
  public static void main(String[] args) throws Exception {
    Node node = Node.create(NodeOptions.defaults().withPrefix(args[2]));
    // Its memory goes when the process is ended.
    Runtime.getRuntime().addShutdownHook(new Thread(node::close));
    IceoryxPeer peer = new IceoryxPeer(args[0], node, args[3]);
    int first = Integer.parseInt(args[4]);
    switch (args[1]) {
      case "echo" -> peer.answer(first, IceoryxPeer::first);
      case "sum" -> peer.answer(first, IceoryxPeer::sum);
      case "ping" -> peer.ping(first, Integer.parseInt(args[5]), Long.parseLong(args[6]), false);
      case "fill" -> peer.ping(first, Integer.parseInt(args[5]), Long.parseLong(args[6]), true);
      case "sub" -> peer.count(first);
      case "pub" -> peer.send(first);
      default -> throw new IllegalArgumentException("unknown role: " + args[1]);
    }
    System.exit(0);
  }

  private interface Look {
    long at(Sample frame);
  }

  /**
   * Without a segment: the end of one that a program asked for costs a handshake of all threads.
   */
  private static long first(Sample frame) {
    return frame.reader().readLong();
  }

  private static long sum(Sample sample) {
    MemorySegment frame = sample.payload().segments().getFirst();
    long sum = 0;
    for (long i = 0; i < frame.byteSize(); i++) {
      sum += Byte.toUnsignedInt(frame.get(JAVA_BYTE, i));
    }
    return sum;
  }

  private PublishSubscribe service(String what, int publishers, int subscribers, int buffer)
      throws IceoryxException {
    Qos qos =
        Qos.defaults()
            .withPorts(publishers, subscribers)
            .withBuffer(buffer, 1)
            .withSafeOverflow(false);
    return node.publishSubscribe(what + "-" + name, qos);
  }

  private static Publisher publisher(PublishSubscribe service, long byteSize)
      throws IceoryxException {
    return service.newPublisher(PublisherOptions.of(byteSize).withLoanCount(1).withPatience(LONG));
  }

  /** One message, in the style of this peer. */
  private void next(Subscriber subscriber, SampleHandler handler)
      throws IceoryxException, InterruptedException {
    if (style.equals("wait")) {
      try (Sample sample = subscriber.receive(LONG).orElseThrow()) {
        handler.onSample(sample);
      }
      return;
    }
    long start = System.nanoTime();
    for (int turn = 1; subscriber.poll(handler, 1) == 0; turn++) {
      idle.idle();
      if (turn % (1 << 16) == 0 && System.nanoTime() - start > LONG.toNanos()) {
        throw new IllegalStateException("nothing came");
      }
    }
  }

  private void answer(int readers, Look look) throws Exception {
    Subscriber frames = service("frames", 1, readers, 2).newSubscriber();
    Publisher acks = publisher(service("acks", readers, 1, 2), Long.BYTES);
    SampleHandler answering =
        sample -> {
          Loan loan = acks.loan(Long.BYTES);
          long answer = look.at(sample);
          loan.segment().set(JAVA_LONG_UNALIGNED, 0, answer);
          sent(acks, loan);
        };
    System.out.println("ready");
    while (true) {
      next(frames, answering);
    }
  }

  private static void sent(Publisher publisher, Loan loan) {
    try {
      Delivery delivery = publisher.send(loan);
      if (delivery.missedCount() != 0) {
        throw new IllegalStateException(publisher + ": " + delivery);
      }
    } catch (IceoryxException e) {
      throw new IllegalStateException(e);
    }
  }

  private void ping(int readers, int count, long byteSize, boolean fills) throws Exception {
    PublishSubscribe frames = service("frames", 1, readers, 2);
    PublishSubscribe acks = service("acks", readers, 1, 2);
    Publisher publisher = publisher(frames, byteSize);
    Subscriber arrivals = acks.newSubscriber();
    long start = System.nanoTime();
    while (frames.subscriberCount() < readers || acks.publisherCount() < readers) {
      if (System.nanoTime() - start > LONG.toNanos()) {
        throw new IllegalStateException("no readers");
      }
      Thread.sleep(1);
    }
    Pings pings = new Pings(publisher, arrivals, readers, byteSize, fills);
    if (!fills) {
      pings.warmUp(Math.min(count * WARM_UP_NANOS, LONGEST_WARM_UP_NANOS));
    }
    for (int round = 0; round < (fills ? 1 : ROUNDS); round++) {
      pings.count(count);
    }
  }

  /** Round trips of one process. */
  private final class Pings {
    private final Publisher publisher;
    private final Subscriber arrivals;
    private final int readers;
    private final long byteSize;
    private final boolean fills;
    private final long[] answer = new long[1];
    private final SampleHandler acknowledged = sample -> answer[0] = first(sample);

    Pings(Publisher publisher, Subscriber arrivals, int readers, long byteSize, boolean fills) {
      this.publisher = publisher;
      this.arrivals = arrivals;
      this.readers = readers;
      this.byteSize = byteSize;
      this.fills = fills;
    }

    /**
     * Both sides take 10,000 and more messages until they are compiled, by threads that need a
     * processor: two processes that spin leave them none of two.
     */
    void warmUp(long nanos) throws Exception {
      long[] ignored = new long[1];
      long start = System.nanoTime();
      for (int i = 0; System.nanoTime() - start < nanos; i++) {
        trip(i, 0, ignored, ignored);
        if (i % WARM_UP_BURST == 0) {
          Thread.sleep(1);
        }
      }
    }

    void count(int count) throws Exception {
      long[] sends = new long[count];
      long[] trips = new long[count];
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < count; i++) {
        trip(i, i, sends, trips);
      }
      long garbage = (THREADS.getCurrentThreadAllocatedBytes() - before) / count;
      report("send", sends, garbage);
      report("round trip", trips, garbage);
    }

    private void trip(int frameNumber, int at, long[] sends, long[] trips) throws Exception {
      Loan loan = publisher.loan(byteSize);
      MemorySegment frame = loan.segment();
      (fills ? frame : frame.asSlice(0, Long.BYTES)).fill((byte) frameNumber);
      long began = System.nanoTime();
      sent(publisher, loan);
      sends[at] = System.nanoTime() - began;
      for (int reader = 0; reader < readers; reader++) {
        next(arrivals, acknowledged);
        int filled = frameNumber & 0xFF;
        check(answer[0], fills ? byteSize * filled : filled * 0x0101010101010101L, frameNumber);
      }
      trips[at] = System.nanoTime() - began;
    }
  }

  private static void check(long answer, long expected, int frame) {
    if (answer != expected) {
      throw new IllegalStateException(
          "frame " + frame + ": answer=" + answer + " expected=" + expected);
    }
  }

  private static void report(String what, long[] nanos, long garbage) {
    Arrays.sort(nanos);
    System.out.printf(
        Locale.ROOT,
        "%s p50_us=%.3f p90_us=%.3f p99_us=%.3f garbage_bytes=%d%n",
        what,
        nanos[nanos.length / 2] / 1e3,
        nanos[(int) (nanos.length * 9L / 10)] / 1e3,
        nanos[(int) (nanos.length * 99L / 100)] / 1e3,
        garbage);
  }

  private void count(int seconds) throws Exception {
    Subscriber subscriber = service("messages", 1, 1, MESSAGE_BUFFER).newSubscriber();
    long[] received = new long[1];
    SampleHandler counting = _ -> received[0]++;
    System.out.println("ready");
    long begin = System.nanoTime();
    while (received[0] == 0) {
      idle.idle(subscriber.poll(counting, 1));
      if (System.nanoTime() - begin > LONG.toNanos()) {
        throw new IllegalStateException("nothing came");
      }
    }
    long start = System.nanoTime();
    long warm = start + Duration.ofSeconds(1).toNanos();
    long before = 0;
    boolean isWarm = false;
    while (true) {
      if (style.equals("wait")) {
        next(subscriber, counting);
      }
      idle.idle(subscriber.poll(counting, BATCH));
      long now = System.nanoTime();
      if (!isWarm && now - warm >= 0) {
        isWarm = true;
        received[0] = 0;
        start = now;
        before = THREADS.getCurrentThreadAllocatedBytes();
      } else if (isWarm && now - start >= Duration.ofSeconds(seconds).toNanos()) {
        long garbage = THREADS.getCurrentThreadAllocatedBytes() - before;
        System.out.printf(
            Locale.ROOT,
            "received=%d seconds=%.6f garbage_bytes=%d%n",
            received[0],
            (now - start) / 1e9,
            garbage / Math.max(1, received[0]));
        return;
      }
    }
  }

  private void send(int byteSize) throws Exception {
    PublishSubscribe service = service("messages", 1, 1, MESSAGE_BUFFER);
    Publisher publisher = publisher(service, byteSize);
    for (byte i = 0; ; i++) {
      if (service.subscriberCount() == 0) {
        idle.idle();
        continue;
      }
      Loan loan = publisher.loan(byteSize);
      loan.segment().fill(i);
      publisher.send(loan);
    }
  }
}
