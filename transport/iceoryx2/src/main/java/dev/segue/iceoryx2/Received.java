package dev.segue.iceoryx2;

import dev.segue.bytes.BytesReader;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Leaks;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.MemoryOwner;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A native sample, response or request, until its memory is not in use any more.
 *
 * <p>One is made for each message, so it is no more than 48 B, it is the {@link Sample} or {@link
 * Response} itself, and what not everybody asks for is made when it is asked for. It can't be used
 * for the next message: who kept it would read that one.
 */
final class Received extends MemoryOwner implements Sample, Response {
  // The first fields of struct Sample of subscribe.rs, Response of request.rs and ActiveRequest of
  // serve.rs.
  private static final long LENGTH = 8;
  private static final long HEADER = 16;

  private static final VarHandle PAYLOAD;
  private static final VarHandle CONFINEMENT;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      PAYLOAD = lookup.findVarHandle(Received.class, "payload", SegmentedBytes.class);
      CONFINEMENT = lookup.findVarHandle(Received.class, "confinement", Confinement.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final long address;
  private final Origin origin;

  /** Of the thread that its views are for, until that closes it; other threads may read it late. */
  private @Nullable Confinement confinement;

  private volatile @Nullable SegmentedBytes payload;

  /** The state that all messages of a port share. */
  static final class Origin {
    private static final int KNOWN_BITS = 8;

    /** So that neighbors in memory are none here: 2^64 divided by the golden ratio. */
    private static final long SPREAD = 0x9E3779B97F4A7C15L;

    private final String what;
    private final int headerByteSize;
    private final LongConsumer free;

    /**
     * Segments of memory that messages were in, which others will be in; they say nothing of whose
     * it is now, and never leave the library. Any thread reads and replaces them.
     */
    private final @Nullable MemorySegment[] known = new MemorySegment[1 << KNOWN_BITS];

    /**
     * The thread that keeps what it frees next, so that one downcall gives it back and takes the
     * next one. Others may read it late: all that they see is that it is not them.
     */
    private @Nullable Thread keeper;

    /** What it freed; touched by that thread alone. */
    private long kept;

    /**
     * Of the messages of a port.
     *
     * @param what they are: {@code "a sample of camera/front"}
     * @param headerByteSize of their user headers
     * @param free gives back the one that has an address
     */
    Origin(String what, int headerByteSize, LongConsumer free) {
      this.what = what;
      this.headerByteSize = headerByteSize;
      this.free = free;
    }

    /** Keeps the next message that this thread frees until {@link #kept}; one thread at a time. */
    void keepNext() {
      keeper = Thread.currentThread();
    }

    /** The address of what this thread kept, which is the caller's to free now; 0 if none was. */
    long kept() {
      long address = kept;
      keeper = null;
      kept = 0;
      return address;
    }

    private void free(long address) {
      if (Thread.currentThread().equals(keeper)) {
        keeper = null;
        kept = address;
      } else {
        free.accept(address);
      }
    }

    private MemorySegment segment(long start, long byteSize) {
      int at = (int) ((start * SPREAD) >>> (Long.SIZE - KNOWN_BITS));
      MemorySegment segment = known[at];
      if (segment == null || segment.address() != start || segment.byteSize() != byteSize) {
        segment = Native.readOnlyView(start, byteSize);
        known[at] = segment;
      }
      return segment;
    }
  }

  Received(Origin origin, @Nullable Confinement confinement, long address) {
    this.address = address;
    this.origin = origin;
    this.confinement = confinement;
  }

  /** A message for the program. */
  static Sample sample(Origin origin, @Nullable Confinement confinement, long address) {
    Received memory = new Received(origin, confinement, address);
    return Leaks.ENABLED ? new Watched(memory) : memory;
  }

  /** A response for the program. */
  static Response response(Origin origin, long address) {
    Received memory = new Received(origin, null, address);
    return Leaks.ENABLED ? new Watched(memory) : memory;
  }

  /** Its address; valid between {@link #acquire()} and {@link #release()}. */
  long address() {
    return address;
  }

  /**
   * The message in place: one object, whose leases are its own.
   *
   * @throws IllegalStateException if the memory has gone back, and nobody asked before
   */
  @Override
  public SegmentedBytes payload() {
    SegmentedBytes known = payload;
    if (known != null) {
      return known;
    }
    acquire();
    try {
      SegmentedBytes made = bytes(Native.longAt(address), Native.longAt(address + LENGTH));
      SegmentedBytes other =
          (SegmentedBytes) PAYLOAD.compareAndExchange(this, (SegmentedBytes) null, made);
      return other == null ? made : other;
    } finally {
      release();
    }
  }

  /** {@inheritDoc} Nobody lends by it, so its bytes are an object that the compiler removes. */
  @Override
  public BytesReader reader() {
    acquire();
    try {
      return bytes(Native.longAt(address), Native.longAt(address + LENGTH)).reader();
    } finally {
      release();
    }
  }

  @Override
  public SegmentedBytes userHeader() {
    acquire();
    try {
      return bytes(Native.longAt(address + HEADER), origin.headerByteSize);
    } finally {
      release();
    }
  }

  private SegmentedBytes bytes(long start, long byteSize) {
    return byteSize == 0
        ? SegmentedBytes.empty()
        : Lend.ofOwned(origin.segment(start, byteSize), this);
  }

  /**
   * From here on the views that this thread asks for are for it alone, which alone may close this.
   *
   * @throws IllegalStateException if this is closed
   * @throws WrongThreadException if the views are another thread's
   */
  @Override
  public Received confine() {
    if (isClosed()) {
      throw new IllegalStateException("confinement of " + this + ": it is closed");
    }
    Confinement known = confinement;
    if (known == null) {
      // Of two threads one: the views of the other would never end.
      known =
          (Confinement) CONFINEMENT.compareAndExchange(this, (Confinement) null, new Confinement());
    }
    if (known != null && !known.isOfCurrentThread()) {
      throw others("confinement");
    }
    return this;
  }

  private WrongThreadException others(String attempted) {
    return new WrongThreadException(
        attempted + " of " + this + ": it is confined to " + confinement);
  }

  @Override
  protected @Nullable Arena confinedViews() {
    Confinement known = confinement;
    return known != null && known.isOfCurrentThread() ? known.views(this) : null;
  }

  /**
   * Lets go of the memory; views of the thread that it is confined to end now. Idempotent.
   *
   * @throws WrongThreadException if it is confined to another thread, which has not ended
   */
  @Override
  public void close() {
    Confinement known = confinement;
    if (known != null && known.isOfCurrentThread()) {
      // Also where another thread, which saw no confinement yet, was first.
      known.end();
    } else if (known != null && known.isAbandoned()) {
      known.endAbandoned();
    } else if (known != null && !isClosed()) {
      throw others("close");
    }
    letGo();
    if (known != null && known.isOfCurrentThread()) {
      // It may be the next message's. Not before, so that no other thread confines this.
      confinement = null;
    }
  }

  @Override
  protected void free() {
    origin.free(address);
  }

  @Override
  public String toString() {
    return origin.what;
  }
}
