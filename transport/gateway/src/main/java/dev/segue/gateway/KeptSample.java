package dev.segue.gateway;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.HoldCount;
import dev.segue.bytes.spi.Lend;
import dev.segue.zenoh.ReceivedSample;
import dev.segue.zenoh.Sample;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A sample that was kept, with its payload where the core put it, or a copy of it: of a small
 * payload, since to keep the sample costs more, of one in shared memory while a client still holds
 * an earlier one of its topic, and of all that another lane than Zenoh's brought.
 *
 * <p>Owner: all that acquired it, or were lent it; it starts with one. Lifetime: until the last of
 * them releases it. Threads: any.
 */
final class KeptSample extends HoldCount {
  /** Up to here a payload is copied. */
  static final int SMALL_BYTE_SIZE = 16 * 1024;

  /** The most that one piece from a network keeps, however few of its bytes it has. */
  private static final long RECEIVE_BUFFER_BYTE_SIZE = 64 * 1024;

  private static final CopyLedger.Site SMALL =
      CopyLedger.site("gateway.smallPayloads", "to keep a small sample costs more than its copy");
  private static final CopyLedger.Site LAGGING =
      CopyLedger.site(
          "gateway.laggingReaders",
          "a client still holds an earlier loan of the publisher, and is to hold no second one");

  private static final CopyLedger.Site LANES =
      CopyLedger.site(
          "gateway.laneSamples",
          "their publisher says how few may be open, and the newest one is kept for long");

  /** Of this process, so that ids of another run are not taken for those of this one. */
  static final String RUN = Long.toHexString(System.currentTimeMillis());

  private static final AtomicLong HELD = new AtomicLong();
  private static final AtomicLong NEXT_ID = new AtomicLong();

  private final long id = NEXT_ID.incrementAndGet();
  private final Metadata metadata;
  private final LentBudget budget;
  private final AtomicInteger lentLoans;
  private final @Nullable Sample sample;
  private final @Nullable Loan loan;
  private final SegmentedBytes copy;
  private final long heldByteSize;
  private final int lendWeight;
  private volatile @Nullable String json;

  /** The number of times that it is lent to each client. Guarded by itself. */
  private final Map<InetAddress, Integer> clients = HashMap.newHashMap(1);

  private KeptSample(
      Metadata metadata,
      LentBudget budget,
      AtomicInteger lentLoans,
      @Nullable Sample sample,
      @Nullable Loan loan) {
    super(1);
    this.metadata = metadata;
    this.budget = budget;
    this.lentLoans = lentLoans;
    this.sample = sample;
    this.loan = loan;
    this.copy = loan == null ? SegmentedBytes.empty() : loan.handOver();
    this.heldByteSize =
        sample == null || metadata.sharedMemory()
            ? metadata.payloadByteSize()
            : Math.max(
                metadata.payloadByteSize(),
                sample.payload().segmentCount() * RECEIVE_BUFFER_BYTE_SIZE);
    this.lendWeight = LentBudget.weightOf(metadata);
    HELD.incrementAndGet();
  }

  /**
   * Keeps a handler's sample, whose thread this must be.
   *
   * @param small where small payloads are copied to
   * @param lentLoans how many loans of publishers clients hold of its topic; while there are any,
   *     shared memory is copied to the budget's memory
   * @return empty if it must be copied and there is no room for that
   */
  static Optional<KeptSample> keep(
      ReceivedSample sample,
      Metadata metadata,
      LoanPool small,
      LentBudget budget,
      AtomicInteger lentLoans) {
    long byteSize = metadata.payloadByteSize();
    if (byteSize == 0) {
      return Optional.of(new KeptSample(metadata, budget, lentLoans, null, null));
    }
    if (byteSize <= SMALL_BYTE_SIZE) {
      Optional<Loan> loan = small.tryLoan(byteSize);
      if (loan.isPresent()) {
        return Optional.of(
            copied(sample, metadata, new Target(SMALL, loan.get()), budget, lentLoans));
      }
    }
    Optional<Sample> ofZenoh = sample.asZenohSample();
    if (ofZenoh.isEmpty()) {
      return budget
          .tryLaneLoan(byteSize)
          .map(loan -> copied(sample, metadata, new Target(LANES, loan), budget, lentLoans));
    }
    if (metadata.sharedMemory() && lentLoans.get() > 0) {
      return budget
          .tryCopyLoan(byteSize)
          .map(loan -> copied(sample, metadata, new Target(LAGGING, loan), budget, lentLoans));
    }
    Sample retained = ofZenoh.get().retain();
    boolean isOwned = false;
    try {
      Optional<KeptSample> kept =
          Optional.of(new KeptSample(metadata, budget, lentLoans, retained, null));
      isOwned = true;
      return kept;
    } finally {
      if (!isOwned) {
        retained.close();
      }
    }
  }

  private record Target(CopyLedger.Site site, Loan loan) {}

  private static KeptSample copied(
      ReceivedSample sample,
      Metadata metadata,
      Target into,
      LentBudget budget,
      AtomicInteger lentLoans) {
    boolean isOwned = false;
    try {
      Lend.copyTo(
          into.site(), sample.payload(), 0, into.loan().segment(), 0, metadata.payloadByteSize());
      KeptSample kept = new KeptSample(metadata, budget, lentLoans, null, into.loan());
      isOwned = true;
      return kept;
    } finally {
      if (!isOwned) {
        into.loan().close();
      }
    }
  }

  /** Returns how many there are in this process that somebody holds. */
  static long heldCount() {
    return HELD.get();
  }

  /** Below the id of each sample that will be kept from now on, and at or above all others'. */
  static long newestId() {
    return NEXT_ID.get();
  }

  /** Of this sample alone, in this process; later ones have larger ones. */
  long id() {
    return id;
  }

  Metadata metadata() {
    return metadata;
  }

  /** {@link SampleJson#open} of it, made once for all streams. */
  String json() {
    String known = json;
    if (known == null) {
      known = SampleJson.open(metadata);
      json = known;
    }
    return known;
  }

  /** Returns how much memory it keeps: of a network's receive buffers each one whole. */
  long heldByteSize() {
    return heldByteSize;
  }

  /** Returns whether its memory is a loan of a publisher's pool. */
  boolean isPublishersLoan() {
    return sample != null && metadata.sharedMemory();
  }

  /** The payload; valid as long as the caller holds the sample, for any thread. */
  SegmentedBytes payload() {
    return sample == null ? copy : sample.payload();
  }

  /**
   * Lends it to a client, for whom the caller acquired it or knows that somebody holds it.
   *
   * @return empty if the client, or all together, hold as much as they may
   */
  Optional<LentSample> tryLend(InetAddress client) {
    // First of all: the heap may have no room for it.
    Optional<LentSample> lent = Optional.of(new LentSample(this, client));
    if (!budget.tryCount(client, lendWeight)) {
      return Optional.empty();
    }
    boolean isLent = false;
    try {
      isLent = tryHold(client);
    } finally {
      if (!isLent) {
        budget.uncount(client, lendWeight);
      }
    }
    return isLent ? lent : Optional.empty();
  }

  private boolean tryHold(InetAddress client) {
    synchronized (clients) {
      boolean isFirst = clients.isEmpty();
      int before = clients.getOrDefault(client, 0);
      if (before == 0 && !budget.tryTake(client, heldByteSize, isFirst)) {
        return false;
      }
      boolean isNoted = false;
      try {
        clients.put(client, before + 1);
        isNoted = true;
      } finally {
        if (!isNoted && before == 0) {
          budget.giveBack(client, heldByteSize, isFirst);
        }
      }
      if (isFirst && isPublishersLoan()) {
        lentLoans.incrementAndGet();
      }
    }
    acquire();
    return true;
  }

  void giveBack(InetAddress client) {
    budget.uncount(client, lendWeight);
    synchronized (clients) {
      int left = clients.getOrDefault(client, 0) - 1;
      if (left > 0) {
        clients.put(client, left);
      } else {
        clients.remove(client);
        budget.giveBack(client, heldByteSize, clients.isEmpty());
        if (clients.isEmpty() && isPublishersLoan()) {
          lentLoans.decrementAndGet();
        }
      }
    }
    release();
  }

  @Override
  protected void ended() {
    HELD.decrementAndGet();
    if (sample != null) {
      sample.close();
    }
    if (loan != null) {
      loan.close();
    }
  }

  @Override
  public String toString() {
    return "KeptSample[" + metadata.key() + ", sequence=" + metadata.sequence() + "]";
  }
}
