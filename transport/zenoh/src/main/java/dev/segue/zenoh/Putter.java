package dev.segue.zenoh;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.MemoryOwner;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Lends one payload to the core: writes where its parts lie, makes the call, keeps what is held.
 *
 * <p>Native scratch memory, for one thread at a time; {@link Putters} keeps a spare one.
 */
final class Putter {
  private static final long PART_BYTE_SIZE = 24;
  private static final long NO_ATTACHMENT = 0xFFFFFFFFL;

  /** A payload and an attachment, and what a cache keeps of each: to note one takes no room. */
  private static final int MOST_LENT = 4;

  // struct Put of publish.rs
  private static final MemoryLayout PUT =
      MemoryLayout.structLayout(
          ValueLayout.JAVA_LONG.withName("parts"),
          ValueLayout.JAVA_INT.withName("payload_count"),
          ValueLayout.JAVA_INT.withName("attachment_count"),
          ValueLayout.JAVA_LONG.withName("token"),
          ValueLayout.JAVA_LONG.withName("encoding"),
          ValueLayout.JAVA_LONG.withName("encoding_length"),
          ValueLayout.JAVA_INT.withName("has_timestamp"),
          ValueLayout.JAVA_INT.withName("has_source_sn"),
          ValueLayout.JAVA_INT.withName("source_sn"),
          ValueLayout.JAVA_INT.withName("flags"),
          MemoryLayout.sequenceLayout(Timestamp.BYTE_SIZE, ValueLayout.JAVA_BYTE)
              .withName("timestamp"));
  private static final long PAYLOAD_COUNT = offset("payload_count");
  private static final long ATTACHMENT_COUNT = offset("attachment_count");
  private static final long TOKEN = offset("token");
  private static final long ENCODING = offset("encoding");
  private static final long ENCODING_LENGTH = offset("encoding_length");
  private static final long HAS_TIMESTAMP = offset("has_timestamp");
  private static final long HAS_SOURCE_SN = offset("has_source_sn");
  private static final long SOURCE_SN = offset("source_sn");
  private static final long FLAGS = offset("flags");
  private static final int STAMPED = 1;
  private static final int WAITS_LATER = 2;
  private static final long FIRST_WAIT_NANOS = 20_000;
  private static final long LONGEST_WAIT_NANOS = 1_000_000;
  private static final long TIMESTAMP = offset("timestamp");

  private MemorySegment parts = Arena.ofAuto().allocate(8 * PART_BYTE_SIZE, Long.BYTES);
  private @Nullable MemorySegment put;
  private MemorySegment encodingText = MemorySegment.NULL;

  private static long offset(String field) {
    return PUT.byteOffset(MemoryLayout.PathElement.groupElement(field));
  }

  /** The call that is made once the parts are written. */
  interface Call {
    long with(
        MemorySegment put,
        MemorySegment hold1,
        MemorySegment hold2,
        MemorySegment hold3,
        MemorySegment hold4);
  }

  /** Returns whether {@link #putOne} can take it. */
  static boolean isOne(SegmentedBytes payload) {
    return payload.segmentCount() == 1 && !(Lend.owner(payload, 0) instanceof ShmPool.ShmMemory);
  }

  /** A put with nothing but a payload of one segment: no scratch memory, an allocation less. */
  static long putOne(long publisher, SegmentedBytes payload, boolean droppable)
      throws ZenohException {
    long token = Leases.nextToken();
    Lend.begin(payload);
    long code;
    try {
      MemorySegment segment = Lend.segment(payload, 0);
      code = NativePublisher.putOne(publisher, segment, token, droppable);
    } catch (RuntimeException | Error e) {
      Lend.end(payload);
      throw e;
    } finally {
      Reference.reachabilityFence(payload);
    }
    return settlePayload(code, token, payload);
  }

  /** A put with nothing but the payload. */
  long put(long publisher, SegmentedBytes payload, boolean droppable) throws ZenohException {
    long token = Leases.nextToken();
    Lend.begin(payload);
    long code;
    try {
      int count = payload.segmentCount();
      reserve(count);
      writeParts(payload, 0);
      code =
          NativePublisher.put(
              publisher,
              parts,
              count,
              token,
              droppable,
              hold(payload, 0),
              hold(payload, 1),
              hold(payload, 2),
              hold(payload, 3));
    } catch (RuntimeException | Error e) {
      Lend.end(payload);
      throw e;
    } finally {
      Reference.reachabilityFence(payload);
    }
    return settlePayload(code, token, payload);
  }

  private static long settlePayload(long code, long token, SegmentedBytes payload)
      throws ZenohException {
    if (Native.isReleased(code)) {
      Lend.end(payload);
    } else {
      settle(ZenohException.Kind.PUT, "put", code, token, payload, List.of());
    }
    awaitRoom(code, token);
    return code;
  }

  /** A put or delete with all that can go with it; {@code payload} is null for a delete. */
  long put(@Nullable SegmentedBytes payload, PutOptions options, boolean isCached, Call call)
      throws ZenohException {
    return lend(payload, options, isCached, ZenohException.Kind.PUT, "put", call);
  }

  /** A call that takes a payload and what goes with it, and doesn't keep them. */
  void lend(
      @Nullable SegmentedBytes payload,
      PutOptions options,
      ZenohException.Kind kind,
      String attempted,
      Call call)
      throws ZenohException {
    long _ = lend(payload, options, false, kind, attempted, call);
  }

  private long lend(
      @Nullable SegmentedBytes payload,
      PutOptions options,
      boolean isCached,
      ZenohException.Kind kind,
      String attempted,
      Call call)
      throws ZenohException {
    long token = Leases.nextToken();
    List<SegmentedBytes> lent = new ArrayList<>(MOST_LENT);
    long code;
    try {
      SegmentedBytes bytes = payload == null ? SegmentedBytes.empty() : payload;
      bytes = begin(bytes, isCached, lent);
      SegmentedBytes attachment = options.attachment();
      if (attachment != null) {
        attachment = begin(attachment, isCached, lent);
      }
      reserve(bytes.segmentCount() + (attachment == null ? 0 : attachment.segmentCount()));
      writeParts(bytes, 0);
      if (attachment != null) {
        writeParts(attachment, bytes.segmentCount());
      }
      MemorySegment written = writePut(bytes, attachment, options, token);
      code =
          call.with(
              written,
              hold(bytes, 0),
              hold(bytes, 1),
              attachment == null ? hold(bytes, 2) : hold(attachment, 0),
              attachment == null ? hold(bytes, 3) : hold(attachment, 1));
    } catch (RuntimeException | Error e) {
      Leases.endAll(null, lent);
      throw e;
    } finally {
      Reference.reachabilityFence(lent);
    }
    if (Native.isReleased(code)) {
      Leases.endAll(null, lent);
    } else {
      settle(kind, attempted, code, token, null, lent);
    }
    awaitRoom(code, token);
    return code;
  }

  /** Begins to lend bytes, or what a cache may keep of them; returns what is lent. */
  private static SegmentedBytes begin(
      SegmentedBytes bytes, boolean isCached, List<SegmentedBytes> lent) {
    boolean isCopied = isCached && Kept.hasForeign(bytes);
    SegmentedBytes kept = isCopied ? Kept.of(bytes) : bytes;
    Lend.begin(kept);
    lent.add(kept);
    if (isCopied && Kept.hasOwner(bytes)) {
      // What was given is lent as well, for who waits until its own memory is released.
      Lend.begin(bytes);
      lent.add(bytes);
    }
    return kept;
  }

  private static void settle(
      ZenohException.Kind kind,
      String attempted,
      long code,
      long token,
      @Nullable SegmentedBytes payload,
      List<SegmentedBytes> others)
      throws ZenohException {
    try {
      if (code < 0) {
        throw Native.failure(kind, attempted, code);
      }
    } finally {
      // After the message was read: the end of a lease may run code of a user's.
      if (Native.tokenComes(code)) {
        Leases.hold(token, payload, others);
      } else {
        Leases.endAll(payload, others);
      }
    }
  }

  /** A declaration that queues of its session learn of: its handle goes to {@code out}. */
  interface Declaring {
    long with(long ticket, MemorySegment out) throws Throwable;
  }

  /** Declares, and waits for room in the queues that learn of it; returns the handle. */
  static long declared(Arena arena, String attempted, Declaring declaring) throws ZenohException {
    long ticket = Leases.nextToken();
    MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
    long code =
        Native.checked(
            ZenohException.Kind.DECLARATION,
            attempted,
            Native.call(() -> declaring.with(ticket, out)));
    awaitRoom(code, ticket);
    return out.get(ValueLayout.JAVA_LONG, 0);
  }

  /** Waits as a platform thread does in the call: an interrupt doesn't end it, and stays. */
  private static void awaitRoom(long code, long token) {
    if (!Native.owesRoom(code)) {
      return;
    }
    boolean isInterrupted = false;
    long nanos = FIRST_WAIT_NANOS;
    while (!NativePublisher.hasRoom(token)) {
      LockSupport.parkNanos(nanos);
      isInterrupted |= Thread.interrupted();
      nanos = Math.min(2 * nanos, LONGEST_WAIT_NANOS);
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The core keeps the scope of such a segment open during the call; of the first four, that is.
   */
  private static MemorySegment hold(SegmentedBytes bytes, int index) {
    return index < bytes.segmentCount() ? Lend.segment(bytes, index) : MemorySegment.NULL;
  }

  private void reserve(int count) {
    long needed = count * PART_BYTE_SIZE;
    if (needed > parts.byteSize()) {
      parts = Arena.ofAuto().allocate(Math.max(needed, 2 * parts.byteSize()), Long.BYTES);
    }
  }

  private void writeParts(SegmentedBytes bytes, int firstPart) {
    int count = bytes.segmentCount();
    long at = firstPart * PART_BYTE_SIZE;
    for (int i = 0; i < count; i++, at += PART_BYTE_SIZE) {
      MemorySegment segment = Lend.segment(bytes, i);
      if (i >= 2) {
        checkAccess(segment, i);
      }
      parts.set(ValueLayout.JAVA_LONG, at, segment.address());
      parts.set(ValueLayout.JAVA_LONG, at + 8, segment.byteSize());
      MemoryOwner owner = Lend.owner(bytes, i);
      long shm = owner instanceof ShmPool.ShmMemory loan ? loan.handleForPrefix(segment) : 0;
      parts.set(ValueLayout.JAVA_LONG, at + 16, shm);
    }
  }

  /**
   * Checks what a call that holds no scope open is about to read.
   *
   * @throws IllegalStateException if an arena is closed
   * @throws WrongThreadException if an arena is confined to another thread
   */
  static void checkAccess(@Nullable SegmentedBytes bytes) {
    if (bytes == null) {
      return;
    }
    for (int i = 0; i < bytes.segmentCount(); i++) {
      checkAccess(Lend.segment(bytes, i), i);
    }
  }

  private static void checkAccess(MemorySegment segment, int index) {
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException("put of segment index=" + index + ": its arena is closed");
    }
    if (!segment.isAccessibleBy(Thread.currentThread())) {
      throw new WrongThreadException(
          "put of segment index=" + index + ": its arena is confined to another thread");
    }
  }

  private MemorySegment writePut(
      SegmentedBytes bytes, @Nullable SegmentedBytes attachment, PutOptions options, long token) {
    MemorySegment struct = put;
    if (struct == null) {
      struct = Arena.ofAuto().allocate(PUT);
      put = struct;
    }
    struct.fill((byte) 0);
    struct.set(ValueLayout.JAVA_LONG, 0, parts.address());
    struct.set(ValueLayout.JAVA_INT, PAYLOAD_COUNT, bytes.segmentCount());
    struct.set(
        ValueLayout.JAVA_INT,
        ATTACHMENT_COUNT,
        attachment == null ? (int) NO_ATTACHMENT : attachment.segmentCount());
    struct.set(ValueLayout.JAVA_LONG, TOKEN, token);
    Encoding encoding = options.encoding();
    if (encoding != null) {
      byte[] utf8 = encoding.text().getBytes(StandardCharsets.UTF_8);
      encodingText = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_BYTE, utf8);
      struct.set(ValueLayout.JAVA_LONG, ENCODING, encodingText.address());
      struct.set(ValueLayout.JAVA_LONG, ENCODING_LENGTH, utf8.length);
    }
    Timestamp timestamp = options.timestamp();
    if (timestamp != null) {
      struct.set(ValueLayout.JAVA_INT, HAS_TIMESTAMP, 1);
      timestamp.write(struct, TIMESTAMP);
    }
    if (options.sequenceNumber().isPresent()) {
      struct.set(ValueLayout.JAVA_INT, HAS_SOURCE_SN, 1);
      struct.set(ValueLayout.JAVA_INT, SOURCE_SN, options.sequenceNumber().getAsInt());
    }
    struct.set(
        ValueLayout.JAVA_INT,
        FLAGS,
        (options.timestampStack() ? STAMPED : 0)
            | (NativePublisher.waitsLater() ? WAITS_LATER : 0));
    return struct;
  }
}
