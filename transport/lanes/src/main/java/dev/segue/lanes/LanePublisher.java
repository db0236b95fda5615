package dev.segue.lanes;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Every;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.LoanMemory;
import dev.segue.bytes.spi.PolledLoans;
import dev.segue.iceoryx2.Delivery;
import dev.segue.iceoryx2.IceoryxException;
import dev.segue.iceoryx2.Node;
import dev.segue.iceoryx2.PublishSubscribe;
import dev.segue.iceoryx2.Sample;
import dev.segue.iceoryx2.Subscriber;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.LivelinessToken;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Qos;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Publishes each message once on two lanes: by descriptor to readers of this host over iceoryx2,
 * and lent to Zenoh for everybody else.
 *
 * <pre>
 *   Loan loan = publisher.loan(byteSize);
 *   camera.readInto(loan.segment());              // fill
 *   LaneDelivery delivery = publisher.put(loan);  // near readers have it, and Zenoh
 * </pre>
 *
 * <p>Near readers have a message before Zenoh does. The publisher reads its own service, so that
 * iceoryx2 keeps the memory until Zenoh has released it; nothing is copied for that. Zenoh copies
 * into its links' batches if somebody subscribes, and not at all if nobody does.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}; then {@link IllegalStateException}. What
 * Zenoh still reads stays. Threads: any; one put at a time, others wait. A virtual one that waits
 * for a reader keeps its carrier meanwhile.
 */
public final class LanePublisher implements LoanPool {
  private static final CopyLedger.Site COPIES =
      CopyLedger.site("lanes.putCopy", "bytes that lie elsewhere are to be in shared memory");
  private static final CopyLedger.Site ATTACHMENTS =
      CopyLedger.site("lanes.attachment", "an attachment goes behind its payload");
  private static final long CLEAN_NANOS = Duration.ofSeconds(1).toNanos();

  private final KeyExpr key;
  private final LanePublisherOptions options;
  private final Node node;
  private final AtomicInteger outCount = new AtomicInteger();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final ReentrantLock putting = new ReentrantLock();
  private final Deque<Runnable> closing = new ArrayDeque<>();
  private final Stream stream;
  private final PublishSubscribe service;
  private final dev.segue.iceoryx2.Publisher near;

  /** Its own reader: holds each message until Zenoh has let go. */
  private final Subscriber keeper;

  private final Publisher far;
  private long cleanedAt = System.nanoTime() - CLEAN_NANOS;

  static LanePublisher open(Session session, Node node, KeyExpr key, LanePublisherOptions options)
      throws ZenohException, IceoryxException {
    Stream stream = Stream.begin(session, key);
    Deque<Runnable> opened = new ArrayDeque<>();
    opened.push(stream::end);
    try {
      return new LanePublisher(session, node, key, options, stream, opened);
    } catch (Throwable e) {
      Every.forEach(opened, Runnable::run);
      throw e;
    }
  }

  private LanePublisher(
      Session session,
      Node node,
      KeyExpr key,
      LanePublisherOptions options,
      Stream stream,
      Deque<Runnable> opened)
      throws ZenohException, IceoryxException {
    this.key = key;
    this.options = options;
    this.node = node;
    this.stream = stream;
    Announcement announcement =
        new Announcement(
            HostId.text(),
            options.safeOverflow() ? Announcement.Offer.OVERFLOW : Announcement.Offer.WAITING,
            session.zid(),
            Stream.nextPublisher(session),
            key.toString());
    service = node.publishSubscribe(announcement.serviceName(), options.qos());
    opened.push(service::close);
    near = service.newPublisher(options.near());
    opened.push(near::close);
    keeper = service.newSubscriber();
    opened.push(keeper::close);
    sayHello();
    far = session.declarePublisher(key, options.zenoh());
    opened.push(far::close);
    LivelinessToken token = session.liveliness().declareToken(announcement.tokenKey());
    opened.push(token::close);
    closing.addAll(opened);
  }

  /** Connects it to itself while nobody knows of the service: no put fails for lack of that. */
  private void sayHello() throws IceoryxException {
    Loan loan = near.loan(Trailer.BYTE_SIZE);
    MemorySegment message = memoryOf(loan).memory();
    new Trailer(0, 0, false, false, true, -1, 0, null, Qos.defaults()).write(message, new byte[0]);
    near.send(loan);
    try (Sample hello = keep(0)) {
      assert hello.payload().byteSize() == Trailer.BYTE_SIZE;
    }
  }

  private static LoanMemory memoryOf(Loan loan) {
    return (LoanMemory) java.util.Objects.requireNonNull(Lend.owner(loan.handOver(), 0));
  }

  /** The message that was just sent, not one of a put that failed when some readers had it. */
  private Sample keep(int number) throws IceoryxException {
    Optional<Sample> next = keeper.tryReceive();
    while (next.isPresent()) {
      Sample sample = next.get();
      Trailer trailer = Trailer.read(Lend.segment(sample.payload(), 0));
      if (trailer != null && trailer.sequenceNumber() == number) {
        return sample;
      }
      sample.close();
      next = keeper.tryReceive();
    }
    throw new IllegalStateException(
        this + ": it doesn't read its own service; shared memory may be full");
  }

  /** Returns what it publishes to. */
  public KeyExpr keyExpr() {
    return key;
  }

  /** Returns how it was made. */
  public LanePublisherOptions options() {
    return options;
  }

  /**
   * Takes a loan of that size if there is room now.
   *
   * @return empty if as many are out, or still read by Zenoh, as there may be
   * @throws IllegalArgumentException if {@code byteSize} is not positive or beyond {@link
   *     LanePublisherOptions#maxByteSize()}
   * @throws IllegalStateException if the publisher is closed
   */
  @Override
  public Optional<Loan> tryLoan(long byteSize) {
    return PolledLoans.tryLoan(this::take, byteSize);
  }

  private @Nullable Loan take(long byteSize) {
    if (byteSize <= 0 || byteSize > options.maxByteSize()) {
      throw new IllegalArgumentException(
          "loan of byteSize="
              + byteSize
              + ": positive, at most maxByteSize="
              + options.maxByteSize());
    }
    checkOpen("loan");
    if (outCount.incrementAndGet() > options.loanCount()) {
      returned();
      return null;
    }
    Loan whole = null;
    Loan given = null;
    try {
      whole =
          near.tryLoan(Trailer.wholeByteSize(byteSize, options.metadataByteSize())).orElse(null);
      given =
          whole == null
              ? null
              : Lend.loanOf(new LaneMemory(this, whole, memoryOf(whole), byteSize));
      return given;
    } finally {
      if (given == null) {
        if (whole != null) {
          whole.close();
        }
        returned();
      }
    }
  }

  private void checkOpen(String use) {
    if (closed.get()) {
      throw new IllegalStateException(use + " of " + this + ": it is closed");
    }
  }

  /** A loan is not out any more, and Zenoh has let go. */
  void returned() {
    outCount.decrementAndGet();
  }

  /** Looks each millisecond whether a loan came back. */
  @Override
  public Optional<Loan> tryLoan(long byteSize, Duration timeout) {
    return PolledLoans.tryLoan(this::take, byteSize, timeout);
  }

  @Override
  public Loan loan(long byteSize) {
    Loan loan = take(byteSize);
    if (loan == null) {
      throw new PoolExhaustedException(byteSize, availableByteSize(), capacityByteSize());
    }
    return loan;
  }

  /** {@link #put(Loan, PutOptions)} with nothing beside the payload. */
  public LaneDelivery put(Loan loan) throws ZenohException, IceoryxException {
    return put(loan, PutOptions.none());
  }

  /**
   * Gives a whole loan of this publisher to both lanes, and ends it. Nothing is copied but the
   * attachment, which the ledger counts as {@code lanes.attachment}.
   *
   * <p>A sequence number in the options is ignored: the publisher has its own.
   *
   * @return which readers on this host have it
   * @throws IllegalArgumentException if the loan is of another pool, or its attachment and encoding
   *     are beyond {@link LanePublisherOptions#metadataByteSize()}; the loan is still the caller's
   * @throws IllegalStateException if the loan is closed, was put, or was handed over in part; if
   *     its bytes are lent to somebody else; if the publisher is closed. In these cases, nobody got
   *     it
   * @throws WrongThreadException if another thread called {@link Loan#segment()}
   * @throws IceoryxException if the near lane failed; some of its readers may have it, Zenoh does
   *     not
   * @throws ZenohException if the Zenoh lane failed; readers of the near lane have it
   */
  public LaneDelivery put(Loan loan, PutOptions with) throws ZenohException, IceoryxException {
    byte[] encoding = encoded(with);
    checkOpen("put");
    LaneMemory memory = laneMemory(loan);
    memory.take(loan);
    return put(memory, memory.byteSize(), with, encoding, false);
  }

  private LaneMemory laneMemory(Loan loan) {
    if (Lend.owner(loan.handOver(), 0) instanceof LaneMemory memory && memory.isOf(this)) {
      return memory;
    }
    throw new IllegalArgumentException(
        "put of " + loan + " by " + this + ": it is not a loan of this publisher");
  }

  private byte[] encoded(PutOptions with) {
    Encoding given = with.encoding();
    Encoding encoding = given == null ? options.zenoh().encoding() : given;
    byte[] text =
        encoding.equals(Encoding.ZENOH_BYTES)
            ? new byte[0]
            : encoding.text().getBytes(StandardCharsets.UTF_8);
    SegmentedBytes attachment = with.attachment();
    long needed = text.length + (attachment == null ? 0 : attachment.byteSize());
    if (needed > options.metadataByteSize()) {
      throw new IllegalArgumentException(
          "put by "
              + this
              + ": attachment and encoding of byteSize="
              + needed
              + ", at most metadataByteSize="
              + options.metadataByteSize());
    }
    return text;
  }

  /**
   * Copies bytes into a loan and puts it; the ledger counts them as {@code lanes.putCopy}.
   *
   * @throws IllegalArgumentException if they are more than {@link
   *     LanePublisherOptions#maxByteSize()}, or as {@link #put(Loan, PutOptions)}
   * @throws PoolExhaustedException if the maximum number of loans is outstanding
   * @throws IllegalStateException if the publisher is closed
   */
  public LaneDelivery putCopy(SegmentedBytes bytes, PutOptions with)
      throws ZenohException, IceoryxException {
    byte[] encoding = encoded(with);
    if (bytes.isEmpty()) {
      return put(nothing(), 0, with, encoding, false);
    }
    try (Loan loan = loan(bytes.byteSize())) {
      Lend.copyTo(COPIES, bytes, 0, loan.segment(), 0, bytes.byteSize());
      return put(loan, with);
    }
  }

  /**
   * Says on both lanes that the value is gone.
   *
   * @throws PoolExhaustedException if the maximum number of loans is outstanding
   * @throws IllegalStateException if the publisher is closed
   */
  public LaneDelivery delete(PutOptions with) throws ZenohException, IceoryxException {
    byte[] encoding = encoded(with.encoding(Encoding.ZENOH_BYTES));
    return put(nothing(), 0, with, encoding, true);
  }

  /** A message without a payload, taken. */
  private LaneMemory nothing() {
    try (Loan loan = loan(1)) {
      LaneMemory memory = laneMemory(loan);
      memory.take(loan);
      return memory;
    }
  }

  private LaneDelivery put(
      LaneMemory memory, long byteSize, PutOptions with, byte[] encoding, boolean isDelete)
      throws ZenohException, IceoryxException {
    boolean lent = false;
    try {
      SegmentedBytes attachment = with.attachment();
      int attached = attachment == null ? -1 : (int) attachment.byteSize();
      putting.lock();
      try {
        checkOpen("put");
        int number = stream.next;
        Trailer trailer =
            new Trailer(
                byteSize,
                number,
                number == 0,
                isDelete,
                false,
                attached,
                encoding.length,
                with.timestamp(),
                options.zenoh().qos());
        MemorySegment message = memory.message();
        if (attachment != null) {
          Lend.copyTo(
              ATTACHMENTS, attachment, 0, message, trailer.attachmentByteOffset(), attached);
        }
        trailer.write(message, encoding);
        stream.next = number + 1;
        Delivery delivery = near.send(memory.whole());
        Sample kept = keep(number);
        lent = true;
        lend(kept, trailer, with);
        cleanUp(delivery);
        return new LaneDelivery(delivery.recipientCount() - 1, delivery.missedCount());
      } finally {
        putting.unlock();
      }
    } finally {
      if (!lent) {
        memory.whole().close();
        returned();
      }
    }
  }

  /** Gives a message to Zenoh; its place is free again when Zenoh has let go. */
  private void lend(Sample kept, Trailer trailer, PutOptions with) throws ZenohException {
    SegmentedBytes payload = kept.payload().slice(0, trailer.payloadByteSize());
    SegmentedBytes attachment =
        trailer.attachmentByteSize() < 0
            ? SegmentedBytes.empty()
            : kept.payload().slice(trailer.attachmentByteOffset(), trailer.attachmentByteSize());
    PutOptions numbered = with.sequenceNumber(trailer.sequenceNumber());
    if (trailer.attachmentByteSize() >= 0) {
      numbered = numbered.attachment(attachment);
    }
    try {
      if (trailer.isDelete()) {
        far.delete(numbered);
      } else {
        far.put(payload, numbered);
      }
    } finally {
      kept.close();
      Lend.whenReleased(payload, () -> Lend.whenReleased(attachment, this::returned));
    }
  }

  /** A reader that died keeps its place, and its buffer is full, until somebody looks. */
  private void cleanUp(Delivery delivery) throws IceoryxException {
    if (delivery.missedCount() > 0 && System.nanoTime() - cleanedAt >= CLEAN_NANOS) {
      cleanedAt = System.nanoTime();
      node.cleanUpDeadNodes();
    }
  }

  /**
   * Returns the number of readers on this host that use iceoryx2 now, or will with the next put.
   *
   * @throws IllegalStateException if the publisher is closed
   */
  public int nearReaderCount() {
    return service.subscriberCount() - 1; // it reads itself
  }

  /** Returns whether somebody subscribes on Zenoh now; readers of the near lane need not. */
  public boolean hasZenohSubscribers() throws ZenohException {
    return far.hasMatchingSubscribers();
  }

  @Override
  public long capacityByteSize() {
    return Math.multiplyExact(options.maxByteSize(), options.loanCount());
  }

  @Override
  public long availableByteSize() {
    return options.maxByteSize() * Math.max(0, options.loanCount() - outCount.get());
  }

  /** Returns whether it is closed. */
  public boolean isClosed() {
    return closed.get();
  }

  /**
   * Closes it on both lanes, once the put in progress has ended; one that waits for a reader on
   * this host gives up. What readers have, and what Zenoh still reads, stays. Idempotent.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    near.close();
    putting.lock();
    try {
      Every.forEach(closing, Runnable::run);
    } finally {
      putting.unlock();
    }
  }

  @Override
  public String toString() {
    return "LanePublisher[" + key + "]";
  }
}
