package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.SampleKind;
import java.net.InetAddress;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One key: its newest sample, who listens to it, and its figures.
 *
 * <p>Owner: {@link Topics}. Lifetime: that of the table's entry. Threads: any; the samples come on
 * one.
 */
final class Topic {
  private final KeyExpr keyExpr;
  private final int slot;
  private final long ordinal;
  private final long keyByteSize;
  private final TopicFigures figures = new TopicFigures();
  private final Subscriptions.Matched matched = new Subscriptions.Matched();
  private final AtomicInteger lentLoans = new AtomicInteger();
  private volatile View view = View.NONE;
  private @Nullable KeptSample newest;
  private volatile long newestSequence = -1;
  private volatile boolean forgotten;
  private long sequence;
  private long textByteSize;

  /**
   * The view of a topic for people.
   *
   * @param name {@code image} (as it is), {@code camera} (with {@code as=…}), {@code text}, or
   *     {@code bytes}
   * @param camera what its frames are like
   */
  record View(
      @Nullable Encoding encoding,
      long payloadByteSize,
      String name,
      Optional<CameraImage.Shape> camera) {
    private static final View NONE = new View(null, 0, "bytes", Optional.empty());
  }

  /**
   * With its number; see {@link TopicSlots}.
   *
   * @param ordinal how many were made before
   */
  Topic(KeyExpr keyExpr, int slot, long ordinal) {
    this.keyExpr = keyExpr;
    this.slot = slot;
    this.ordinal = ordinal;
    this.keyByteSize = Json.byteSizeOf(keyExpr.toString());
  }

  /** Its number, as long as it isn't forgotten. */
  int slot() {
    return slot;
  }

  /** Returns whether another topic, of the same key perhaps, was made before it. */
  boolean isLaterThan(Topic other) {
    return ordinal > other.ordinal;
  }

  String key() {
    return keyExpr.toString();
  }

  KeyExpr keyExpr() {
    return keyExpr;
  }

  /** {@link Json#byteSizeOf} its key. */
  long keyByteSize() {
    return keyByteSize;
  }

  TopicFigures figures() {
    return figures;
  }

  /** The groups of listeners that include it, as far as it knows. */
  Subscriptions.Matched matched() {
    return matched;
  }

  /** Returns how many loans of publishers clients hold of it. */
  AtomicInteger lentLoans() {
    return lentLoans;
  }

  /** Returns what {@link Topics} counts it with; guarded by its lock. Gives what it was before. */
  long replaceTextByteSize(long byteSize) {
    long before = textByteSize;
    textByteSize = byteSize;
    return before;
  }

  synchronized long nextSequence() {
    return ++sequence;
  }

  /** The newest value, acquired for the caller; null when there is none. */
  synchronized @Nullable KeptSample acquireNewest() {
    KeptSample sample = newest;
    if (sample == null || isDelete(sample)) {
      return null;
    }
    sample.acquire();
    return sample;
  }

  private static boolean isDelete(KeptSample sample) {
    return sample.metadata().kind() == SampleKind.DELETE;
  }

  /** Returns whether a client that has the samples up to an id lacks the newest one, if any. */
  synchronized boolean isNewestAfter(long id) {
    KeptSample sample = newest;
    return sample != null && sample.id() > id && (id > 0 || !isDelete(sample));
  }

  /**
   * The newest sample as a client may hold it.
   *
   * @param lent empty if there is no newest sample, or it was refused
   * @param refused whether the client, or all together, hold as much as they may
   */
  record Newest(Optional<LentSample> lent, boolean refused) {}

  /** Lends the newest value to a client. */
  synchronized Newest lendNewest(InetAddress client) {
    KeptSample sample = newest;
    return lend(sample == null || isDelete(sample) ? null : sample, client);
  }

  /** The same, for a stream: where the value was deleted since, that is the newest sample. */
  synchronized Newest lendNewestOrDelete(InetAddress client) {
    return lend(newest, client);
  }

  private static Newest lend(@Nullable KeptSample sample, InetAddress client) {
    if (sample == null) {
      return new Newest(Optional.empty(), false);
    }
    Optional<LentSample> lent = sample.tryLend(client);
    return new Newest(lent, lent.isEmpty());
  }

  /** Found out once for each encoding and size of payload. */
  View view(LoanPool memory) {
    View known = view;
    KeptSample value = acquireNewest();
    if (value == null) {
      return known;
    }
    try {
      Metadata metadata = value.metadata();
      if (!metadata.encoding().equals(known.encoding())
          || metadata.payloadByteSize() != known.payloadByteSize()) {
        known = viewOf(value, memory);
        view = known;
      }
      return known;
    } finally {
      value.release();
    }
  }

  private static View viewOf(KeptSample value, LoanPool memory) {
    Metadata metadata = value.metadata();
    String type = MediaTypes.of(metadata.encoding());
    String name = "bytes";
    Optional<CameraImage.Shape> camera = Optional.empty();
    if (type.startsWith("image/")) {
      name = "image";
    } else if (type.startsWith("text/") || type.contains("json")) {
      name = "text";
    } else {
      camera = PictureKind.cameraOf(value, memory);
      name = camera.isPresent() ? "camera" : name;
    }
    return new View(metadata.encoding(), metadata.payloadByteSize(), name, camera);
  }

  /** {@link Metadata#sequence()} of the newest sample; -1 if there is none. */
  long newestSequence() {
    return newestSequence;
  }

  /** Its number goes to another one. */
  void forget() {
    forgotten = true;
  }

  boolean isForgotten() {
    return forgotten;
  }

  synchronized boolean isNewest(KeptSample sample) {
    return sample.equals(newest);
  }

  /** Replaces the newest sample and takes over the new one; gives the old one to the caller. */
  synchronized @Nullable KeptSample replaceNewest(@Nullable KeptSample sample) {
    KeptSample before = newest;
    newest = sample;
    newestSequence = sample == null ? -1 : sample.metadata().sequence();
    return before;
  }
}
