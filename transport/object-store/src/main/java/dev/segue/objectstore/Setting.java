package dev.segue.objectstore;

/** One number of the settings: its variable, its default and its bounds. */
enum Setting {
  THREADS("SEGUE_RT_THREADS", Kind.COUNT, defaultThreadCount(), 1, 4096),
  CONNECTIONS("SEGUE_HTTP_MAX_CONNS", Kind.COUNT, 512, 1, 65_536),
  RANGE("SEGUE_GET_PART_SIZE", Kind.SIZE, 8L << 20, 64L << 10, 1L << 30),
  RANGE_INFLIGHT("SEGUE_GET_INFLIGHT", Kind.COUNT, 64, 1, 65_536),
  WHOLE_GET("SEGUE_GET_THRESHOLD", Kind.SIZE, 32L << 20, 0, 1L << 50),
  READ_AHEAD("SEGUE_READ_AHEAD", Kind.SIZE, 16L << 20, 256L << 10, 64L << 30),
  /** S3 takes no smaller part, the last one excepted. */
  PUT_PART("SEGUE_PUT_PART_SIZE", Kind.SIZE, 8L << 20, 5L << 20, 5L << 30),
  PUT_INFLIGHT("SEGUE_PUT_INFLIGHT", Kind.COUNT, 16, 1, 65_536),
  ATTEMPTS("SEGUE_ATTEMPTS", Kind.COUNT, 10, 1, 100),
  STALL_MILLIS("SEGUE_STALL_TIMEOUT_MILLIS", Kind.COUNT, 30_000, 10, 86_400_000);

  private enum Kind {
    COUNT("a whole number"),
    SIZE("a size such as 8MiB");

    final String text;

    Kind(String text) {
      this.text = text;
    }

    long parse(String value) {
      return switch (this) {
        case COUNT -> Long.parseLong(value);
        case SIZE -> ByteSizes.parse(value);
      };
    }
  }

  final String variable;
  final long otherwise;
  private final Kind kind;
  private final long least;
  private final long most;

  Setting(String variable, Kind kind, long otherwise, long least, long most) {
    this.variable = variable;
    this.kind = kind;
    this.otherwise = otherwise;
    this.least = least;
    this.most = most;
  }

  private static int defaultThreadCount() {
    return Math.max(8, Runtime.getRuntime().availableProcessors() * 2);
  }

  /**
   * The value that a variable's text stands for.
   *
   * @throws IllegalArgumentException if it is none, or out of bounds; the message names the
   *     variable
   */
  long parse(String text) {
    long value;
    try {
      value = kind.parse(text.strip());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(problem(variable, text), e);
    }
    return check(variable, text, value);
  }

  /**
   * The value, if it is within the bounds.
   *
   * @throws IllegalArgumentException if it is not; the message calls it {@code name}
   */
  long check(String name, long value) {
    return check(name, Long.toString(value), value);
  }

  private long check(String name, String text, long value) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(problem(name, text));
    }
    return value;
  }

  private String problem(String name, String text) {
    return name + "=" + text + ": " + kind.text + " from " + least + " to " + most;
  }
}
