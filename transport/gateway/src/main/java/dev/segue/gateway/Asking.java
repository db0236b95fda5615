package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.http2.Headers;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.ConsolidationMode;
import dev.segue.zenoh.GetOptions;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.QueryTarget;
import dev.segue.zenoh.Replies;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Selector;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Asks queryables on behalf of clients.
 *
 * <pre>
 *   GET /topics/KEY?query ──► Asking ──► a thread of Publishing: Session.get
 *                                           └──► replies ──► OneReply, ManyReplies ──► the response
 * </pre>
 *
 * <p>Owner: the gateway. Lifetime: the same. Threads: any.
 */
final class Asking {
  static final Duration USUAL_TIMEOUT = Duration.ofSeconds(5);

  /** Replies that wait for the handler, which never waits itself. */
  private static final Backlog BACKLOG = Backlog.hold(16);

  /** The core keeps a timer of each until its time is up, however soon it was answered. */
  private static final int MAX_TIMER_COUNT = 10_000;

  private final Session session;
  private final TopicAccess access;
  private final Publishing threads;
  private final Executor blocking;
  private final Timers timers;
  private final Metrics metrics;
  private final ClientSlots slots;
  private final LoanPool small;
  private final LentBudget budget;
  private final ClientSlots coreTimers =
      new ClientSlots("queryTimerCount", MAX_TIMER_COUNT, MAX_TIMER_COUNT / 2, 1);

  /** The number of queryables' loans that clients hold: while there is one, others are copied. */
  private final AtomicInteger lentLoans = new AtomicInteger();

  /**
   * Asks through a session.
   *
   * @param threads where to ask, as the core may wait for a congested link
   * @param slots of requests that wait
   */
  Asking(
      Session session,
      TopicAccess access,
      Publishing threads,
      Executor blocking,
      Timers timers,
      Metrics metrics,
      ClientSlots slots,
      LoanPool small,
      LentBudget budget) {
    this.session = session;
    this.access = access;
    this.threads = threads;
    this.blocking = blocking;
    this.timers = timers;
    this.metrics = metrics;
    this.slots = slots;
    this.small = small;
    this.budget = budget;
  }

  /**
   * Asks, later.
   *
   * @throws HttpException 503 if too many ask already
   */
  void ask(
      GatewayExchange call,
      Selector selector,
      QueryTarget target,
      Duration timeout,
      QueryAnswer answer)
      throws HttpException {
    call.route("query");
    call.holds(slots.take(call.client(), 1));
    GetOptions options =
        GetOptions.defaults()
            .target(target)
            .timeout(timeout)
            .consolidation(ConsolidationMode.NONE) // The others keep all replies in the core.
            .backlog(BACKLOG);
    ClientSlots.Taken timer = coreTimers.take(call.client(), 1);
    boolean given = false;
    try {
      threads.execute(() -> begin(call, selector, options, answer));
      given = true;
      timers.after(timeout, timer::close);
    } finally {
      if (!given) {
        timer.close();
      }
    }
  }

  private void begin(
      GatewayExchange call, Selector selector, GetOptions options, QueryAnswer answer) {
    if (call.isOver()) {
      return;
    }
    try {
      call.checkStillAllowed();
      Replies replies = session.get(selector, options, answer);
      // Closing waits for a reply that is looked at: on no thread of the connection.
      call.whenOver(() -> Work.run(blocking, replies::close));
    } catch (HttpException e) {
      call.refuse(e);
    } catch (ZenohException | IllegalStateException e) {
      record("failed");
      call.respondText(503, Headers.empty(), String.valueOf(e.getMessage()));
    } catch (Throwable e) {
      record("failed");
      call.fail("query of " + selector, e);
    }
  }

  /**
   * Returns whether a client may see a reply of that key. One who asks with {@code _anyke} gets
   * replies of any keys, also of those that it may not read.
   */
  boolean isShown(GatewayExchange call, KeyExpr asked, KeyExpr reply) {
    return asked.equals(reply) || access.isReadable(call, reply) || asked.intersects(reply);
  }

  /** Counts how a query ended. */
  void record(String outcome) {
    metrics.asked(outcome);
  }

  /**
   * Keeps a reply's sample for a client; on the thread of its handler.
   *
   * @param number counts the replies of its query
   * @return empty if the client, or all together, hold as much as they may
   */
  Optional<LentSample> lend(Sample sample, long number, InetAddress client) {
    Metadata metadata = Metadata.of(sample, sample.keyExpr().toString(), number, Instant.now());
    if (!sample.isSharedMemory()) {
      return kept(sample, metadata, client);
    }
    synchronized (lentLoans) { // Nobody else lends one meanwhile.
      return kept(sample, metadata, client);
    }
  }

  private Optional<LentSample> kept(Sample sample, Metadata metadata, InetAddress client) {
    Optional<KeptSample> kept = KeptSample.keep(sample, metadata, small, budget, lentLoans);
    try {
      return kept.flatMap(each -> each.tryLend(client));
    } finally {
      kept.ifPresent(KeptSample::release);
    }
  }
}
