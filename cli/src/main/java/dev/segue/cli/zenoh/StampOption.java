package dev.segue.cli.zenoh;

import dev.segue.bytes.OffHeapPool;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.dynamic.FieldPath;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.cli.CommandFailedException;
import dev.segue.cli.capnp.SchemaOption;
import dev.segue.cli.terminal.Printable;
import dev.segue.zenoh.ReceivedSample;
import dev.segue.zenoh.Session;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The field of messages that says when they were made. */
final class StampOption {
  private static final long POOL_BYTE_SIZE = 1 << 30;

  @Option(
      names = "--field",
      paramLabel = "PATH",
      description =
          "Take the time from this field of Cap'n Proto messages, such as header.stamp: their schema is"
              + " found beside the topic or given by --schema.")
  private @Nullable String field;

  @Option(
      names = "--unit",
      paramLabel = "s|ms|us|ns",
      defaultValue = "ns",
      description = "Unit of the field (default: ${DEFAULT-VALUE}).")
  private Unit unit = Unit.NS;

  @Mixin private SchemaOption schema = new SchemaOption();

  private final Map<MessageType, Optional<FieldPath>> paths = new HashMap<>();
  private @Nullable MessageType given;
  private @Nullable Reading reading;

  /** As users write them. */
  enum Unit {
    /** Seconds. */
    S(1_000_000_000),
    /** Milliseconds. */
    MS(1_000_000),
    /** Microseconds. */
    US(1_000),
    /** Nanoseconds. */
    NS(1);

    private final long nanos;

    Unit(long nanos) {
      this.nanos = nanos;
    }

    /** As a number of nanoseconds, if it has room in one. */
    OptionalLong nanos(@Nullable Number number) {
      if (number instanceof Double real) {
        double value = real * (double) nanos;
        return Math.abs(value) < 0x1p63 ? OptionalLong.of(Math.round(value)) : OptionalLong.empty();
      }
      if (number instanceof Long whole && Math.abs(whole / 2) < Long.MAX_VALUE / 2 / nanos) {
        return OptionalLong.of(whole * nanos);
      }
      return OptionalLong.empty();
    }
  }

  private record Reading(SampleTypes types, Consumer<String> say, OffHeapPool pool) {}

  /** Returns whether a field is the time, rather than what the network says. */
  boolean isGiven() {
    return field != null;
  }

  /** Checks the schema, if it is given, before the network is joined. */
  void check() throws CommandFailedException {
    String path = field;
    if (path == null) {
      if (schema.isGiven()) {
        throw new IllegalArgumentException("--schema goes with --field PATH");
      }
      return;
    }
    if (schema.isGiven()) {
      MessageType type = schema.find();
      type.path(path);
      given = type;
    }
  }

  /** Begins to read in a session, until {@link #end()}. */
  void begin(Session session, Consumer<String> say) {
    reading =
        new Reading(new SampleTypes(session, given, say), say, new OffHeapPool(POOL_BYTE_SIZE));
  }

  /** Gives back what reading took. */
  void end() {
    Reading known = reading;
    if (known != null) {
      known.pool().close();
    }
  }

  /**
   * Returns when a sample's message says that it was made, in nanoseconds.
   *
   * @return empty if it doesn't; also if the thread was interrupted, which stays so
   */
  OptionalLong nanosOf(ReceivedSample sample) {
    Reading known = reading;
    String path = field;
    if (known == null || path == null) {
      return OptionalLong.empty();
    }
    try {
      Optional<MessageType> type = known.types().of(sample);
      Optional<FieldPath> at =
          type.flatMap(
              message -> paths.computeIfAbsent(message, of -> pathIn(of, path, known.say())));
      if (at.isEmpty()) {
        return OptionalLong.empty();
      }
      try (MessageView view = MessageView.of(sample.payload(), known.pool())) {
        return unit.nanos(at.get().number(view));
      }
    } catch (CapnProtoException _) {
      return OptionalLong.empty();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return OptionalLong.empty();
    }
  }

  /** From one time to another, as far as a number of nanoseconds reaches. */
  static long between(long from, long to) {
    long difference = to - from;
    boolean isBeyond = ((to ^ from) & (to ^ difference)) < 0;
    return isBeyond ? (to < 0 ? Long.MIN_VALUE : Long.MAX_VALUE) : difference;
  }

  private static Optional<FieldPath> pathIn(MessageType type, String path, Consumer<String> say) {
    try {
      return Optional.of(type.path(path));
    } catch (IllegalArgumentException e) {
      say.accept(Printable.of("--field " + e.getMessage()));
      return Optional.empty();
    }
  }
}
