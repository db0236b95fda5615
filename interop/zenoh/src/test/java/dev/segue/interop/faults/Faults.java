package dev.segue.interop.faults;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Rounds of a publisher and a subscriber in processes of their own, each with one kind of fault:
 * {@code Faults [--seconds N] [--seed S] [--fault KIND]}. Exits with 1 at the first promise that
 * was broken.
 */
final class Faults {
  private static final List<String> STYLES =
      List.of("poll", "receive", "virtual", "handler", "source");
  private static final List<String> SMALL_HEAP =
      List.of("-Xms24m", "-Xmx24m", "-Dsegue.leaks=true");

  private enum Fault {
    NONE,
    SUBSCRIBER_PAUSES,
    PUBLISHER_PAUSES,
    COLLECTIONS,
    FULL_POOL,
    LINK_CUT,
    SUBSCRIBER_KILLED,
    PUBLISHER_KILLED;

    /** Whether each frame has to arrive. */
    boolean losesNothing() {
      return compareTo(LINK_CUT) < 0;
    }
  }

  private final SplittableRandom random;
  private long publishers;

  private Faults(long seed) {
    this.random = new SplittableRandom(seed);
  }

  public static void main(String[] arguments) throws Exception {
    long seconds = 100;
    long seed = System.nanoTime();
    List<Fault> kinds = List.of(Fault.values());
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      switch (arguments[i]) {
        case "--seconds" -> seconds = Long.parseLong(arguments[i + 1]);
        case "--seed" -> seed = Long.parseLong(arguments[i + 1]);
        case "--fault" -> kinds = List.of(Fault.valueOf(arguments[i + 1]));
        default -> throw new IllegalArgumentException(arguments[i]);
      }
    }
    System.out.println("faults --seconds " + seconds + " --seed " + seed);
    Faults faults = new Faults(seed);
    long deadline = System.nanoTime() + seconds * 1_000_000_000L;
    for (int round = 0; round < 2 * kinds.size() || System.nanoTime() - deadline < 0; round++) {
      Fault fault = kinds.get(round / 2 % kinds.size());
      if (round % 2 == 0) {
        faults.round(fault);
      } else {
        faults.numberedRound(fault);
      }
    }
  }

  private void round(Fault fault) throws Exception {
    boolean sharedMemory = fault == Fault.FULL_POOL || random.nextBoolean();
    String style = STYLES.get(random.nextInt(STYLES.size()));
    int largest = 1 << (10 + random.nextInt(11));
    int framesInPool = fault == Fault.FULL_POOL ? 4 : 16;
    int backlog = fault == Fault.FULL_POOL ? 2 : 1 + random.nextInt(64);
    String what =
        fault
            + " style="
            + style
            + " sharedMemory="
            + sharedMemory
            + " largest="
            + largest
            + " backlog="
            + backlog;
    try (Proxy proxy = new Proxy();
        Lane lane = new Lane(proxy, sharedMemory, largest, framesInPool, style, backlog)) {
      lane.publisher = lane.newPublisher();
      lane.subscriber = lane.newSubscriber();
      lane.match();
      disturb(fault, lane, proxy);
      say(what, lane, lane.finish(fault.losesNothing()));
    }
  }

  /** With an advanced publisher and subscriber, and tokens; its pool is never full. */
  private void numberedRound(Fault fault) throws Exception {
    boolean sharedMemory = random.nextBoolean();
    String what = fault + " numbered sharedMemory=" + sharedMemory;
    try (Proxy proxy = new Proxy();
        NumberedLane lane = new NumberedLane(proxy, sharedMemory)) {
      lane.publisher = lane.newPublisher();
      lane.subscriber = lane.newSubscriber();
      lane.match();
      disturb(fault, lane, proxy);
      say(what, lane, lane.finish(fault.losesNothing()));
    }
  }

  private static void say(String what, Pair lane, String broken) {
    System.out.println((broken.isEmpty() ? "kept   " : "BROKEN ") + what + " " + lane.figures);
    if (!broken.isEmpty()) {
      System.out.println(broken);
      System.exit(1);
    }
  }

  private void disturb(Fault fault, Pair lane, Proxy proxy) throws Exception {
    for (int i = 0; i < 3; i++) {
      Thread.sleep(200 + random.nextInt(800));
      switch (fault) {
        case NONE, FULL_POOL -> {}
        case SUBSCRIBER_PAUSES -> pause(lane.subscriber);
        case PUBLISHER_PAUSES -> pause(lane.publisher);
        case COLLECTIONS -> {
          for (int j = 0; j < 10; j++) {
            lane.subscriber.tell("gc");
          }
        }
        case LINK_CUT -> {
          proxy.cut();
          Thread.sleep(random.nextInt(1500));
          proxy.restore();
        }
        case SUBSCRIBER_KILLED -> {
          lane.subscriber.kill();
          Thread.sleep(random.nextInt(500));
          lane.subscriber = lane.newSubscriber();
        }
        case PUBLISHER_KILLED -> {
          lane.publisher.kill();
          lane.publisher = lane.newPublisher();
          lane.match();
        }
      }
    }
  }

  private void pause(Child child) throws IOException, InterruptedException {
    child.signal("STOP");
    Thread.sleep(100 + random.nextInt(1400));
    child.signal("CONT");
  }

  /** The two processes of a round. */
  private abstract static class Pair implements AutoCloseable {
    final Proxy proxy;
    final boolean sharedMemory;
    private final List<Child> all = new ArrayList<>();
    long id;
    Child publisher;
    Child subscriber;
    String figures = "";

    @SuppressWarnings("NullAway.Init") // set before anything else happens
    Pair(Proxy proxy, boolean sharedMemory) {
      this.proxy = proxy;
      this.sharedMemory = sharedMemory;
    }

    abstract Child newPublisher() throws IOException, InterruptedException;

    abstract Child newSubscriber() throws IOException, InterruptedException;

    final Child publisher(String... arguments) throws IOException, InterruptedException {
      Child child = Child.start(SMALL_HEAP, arguments);
      all.add(child);
      proxy.target(child.line("endpoint"));
      return child;
    }

    final Child subscriber(String... arguments) throws IOException, InterruptedException {
      Child child = Child.start(SMALL_HEAP, arguments);
      all.add(child);
      child.line("ready");
      return child;
    }

    final void match() throws IOException, InterruptedException {
      publisher.tell("start");
      String matched = publisher.line("matched");
      if (!matched.equals("true")) {
        throw new IllegalStateException("the publisher found no subscriber: " + matched);
      }
    }

    final void expectNoLeaks(List<String> broken) throws InterruptedException {
      for (Child each : List.of(publisher, subscriber)) {
        String leaks = each.leaks();
        expect(broken, leaks.isEmpty(), "not given back: " + leaks);
      }
    }

    final void expect(List<String> broken, boolean kept, String promise) {
      if (!kept) {
        broken.add(promise);
      }
    }

    @Override
    public final void close() {
      all.forEach(Child::close);
    }
  }

  private final class NumberedLane extends Pair {
    NumberedLane(Proxy proxy, boolean sharedMemory) {
      super(proxy, sharedMemory);
    }

    @Override
    Child newPublisher() throws IOException, InterruptedException {
      id = ++publishers;
      return publisher("number", Long.toString(id), Boolean.toString(sharedMemory));
    }

    @Override
    Child newSubscriber() throws IOException, InterruptedException {
      return subscriber(
          "follow",
          Long.toString(random.nextLong()),
          Boolean.toString(sharedMemory),
          proxy.endpoint());
    }

    /** Ends both in order; says which promises were broken. */
    String finish(boolean losesNothing) throws Exception {
      subscriber.tell("await");
      String arrived = subscriber.line("arrived");
      publisher.tell("stop");
      Figures sent = publisher.numbers("sent");
      subscriber.tell("finish " + id + " " + sent.get("count"));
      Figures result = subscriber.numbers("result");
      subscriber.awaitExit();
      publisher.tell("end");
      Figures pool = publisher.numbers("pool");
      publisher.awaitExit();
      figures = sent + " " + result + " " + pool;
      List<String> broken = new ArrayList<>();
      expect(broken, arrived.equals("true"), "nothing arrived after the last fault");
      expect(broken, result.get("changed") == 0, "a payload was changed");
      expect(broken, result.get("disordered") == 0, "a payload came twice or out of order");
      expect(broken, result.get("incomplete") == 0, "the last samples did not come");
      expect(broken, result.get("untold") == 0, "lost samples were not told, or others were");
      expect(broken, result.get("unknown") == 0, "the tokens that were told are not those there");
      expect(broken, result.get("unlisted") == 0, "the tokens that were got are not those there");
      expect(broken, result.get("stuck") == 0, "a reader did not end with its subscriber");
      expect(broken, pool.get("missing") == 0, "memory of the pool did not come back");
      expect(broken, result.get("sockets") + pool.get("sockets") == 0, "sockets stayed open");
      expect(broken, !losesNothing || result.get("lost") == 0, "samples were lost");
      expectNoLeaks(broken);
      return String.join("\n", broken);
    }
  }

  private final class Lane extends Pair {
    private final int largest;
    private final int framesInPool;
    private final String style;
    private final int backlog;

    Lane(
        Proxy proxy,
        boolean sharedMemory,
        int largest,
        int framesInPool,
        String style,
        int backlog) {
      super(proxy, sharedMemory);
      this.largest = largest;
      this.framesInPool = framesInPool;
      this.style = style;
      this.backlog = backlog;
    }

    @Override
    Child newPublisher() throws IOException, InterruptedException {
      id = ++publishers;
      return publisher(
          "publish",
          Long.toString(id),
          Boolean.toString(sharedMemory),
          Integer.toString(largest),
          Integer.toString(framesInPool));
    }

    @Override
    Child newSubscriber() throws IOException, InterruptedException {
      return subscriber(
          "subscribe",
          Long.toString(random.nextLong()),
          Boolean.toString(sharedMemory),
          proxy.endpoint(),
          style,
          Integer.toString(backlog));
    }

    /** Ends both in order; says which promises were broken. */
    String finish(boolean losesNothing) throws Exception {
      subscriber.tell("await");
      String arrived = subscriber.line("arrived");
      publisher.tell("stop");
      Figures sent = publisher.numbers("sent");
      long count = losesNothing ? sent.get("count") : 0;
      subscriber.tell("finish " + id + " " + count);
      String mappedThere = subscriber.line("mapped");
      Figures result = subscriber.numbers("result");
      subscriber.awaitExit();
      String mapped = publisher.line("mapped");
      publisher.tell("end");
      Figures ledger = publisher.numbers("ledger");
      Figures pool = publisher.numbers("pool");
      publisher.awaitExit();
      figures = sent + " " + result + " " + ledger + " " + pool;
      List<String> broken = new ArrayList<>();
      expect(broken, result.get("changed") == 0, "a payload was changed");
      expect(broken, result.get("disordered") == 0, "a payload came twice or out of order");
      expect(broken, result.get("stuck") == 0, "a reader did not end with its subscriber");
      expect(broken, pool.get("missing") == 0, "memory of the pool did not come back");
      expect(broken, result.get("changedAnswers") == 0, "an answer was changed");
      expect(broken, result.get("unanswered") == 0, "no query was answered after the last fault");
      expect(broken, result.get("sockets") + pool.get("sockets") == 0, "sockets stayed open");
      for (String files : List.of(mapped, mappedThere)) {
        List<String> left = Held.remaining(files);
        expect(broken, left.isEmpty(), "shared memory is left: " + left);
      }
      expectNoLeaks(broken);
      expect(broken, arrived.equals("true"), "nothing arrived after the last fault");
      if (losesNothing) {
        long lost = result.get("lost") + sent.get("count") - result.get("received");
        expect(broken, lost == 0, "lost=" + lost);
        long copied = ledger.get("replied") + (sharedMemory ? 0 : ledger.get("bytes"));
        expect(broken, ledger.get("copied") == copied, "the ledger should say " + copied);
      }
      return String.join("\n", broken);
    }
  }
}
