package dev.segue.zenoh;

import dev.segue.bytes.SegmentedBytes;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An answer to a query: a sample, or an error.
 *
 * <p>Owner: the caller who received it; in a handler or an iteration, the library. Lifetime: until
 * {@link #close()}, or until the handler returns or the iteration continues; then {@link
 * IllegalStateException}. Threads: the one that received it; any for a {@linkplain #retain()
 * retained} one.
 */
public sealed interface Reply extends AutoCloseable {
  /** Whose reply it is, if it says so. */
  Optional<EntityGlobalId> replier();

  /**
   * A reply with the same bytes that lives until it is closed, for any thread; {@link
   * Sample#retain()} says what it costs.
   */
  Reply retain();

  /** Ends it and gives its memory back, unless it is lent. Idempotent. */
  @Override
  void close();

  /** A value, or that there is none any more. */
  final class Success implements Reply {
    private final Sample sample;
    private final @Nullable EntityGlobalId replier;

    Success(Sample sample, @Nullable EntityGlobalId replier) {
      this.sample = sample;
      this.replier = replier;
    }

    /** The sample; it ends with the reply. */
    public Sample sample() {
      return sample;
    }

    @Override
    public Optional<EntityGlobalId> replier() {
      return Optional.ofNullable(replier);
    }

    @Override
    public Success retain() {
      return new Success(sample.retain(), replier);
    }

    @Override
    public void close() {
      sample.close();
    }

    @Override
    public String toString() {
      return "Reply[" + sample + "]";
    }
  }

  /** The error that the queryable replied with. */
  final class Failure implements Reply {
    /** With the payload and the encoding of the error. */
    private final Sample carrier;

    private final @Nullable EntityGlobalId replier;

    Failure(Sample carrier, @Nullable EntityGlobalId replier) {
      this.carrier = carrier;
      this.replier = replier;
    }

    /** Returns the error's payload in place; often a text. */
    public SegmentedBytes payload() {
      return carrier.payload();
    }

    /** Returns the encoding of the payload. */
    public Encoding encoding() {
      return carrier.encoding();
    }

    @Override
    public Optional<EntityGlobalId> replier() {
      return Optional.ofNullable(replier);
    }

    @Override
    public Failure retain() {
      return new Failure(carrier.retain(), replier);
    }

    @Override
    public void close() {
      carrier.close();
    }

    @Override
    public String toString() {
      return "Reply[error, " + replier + "]";
    }
  }
}
