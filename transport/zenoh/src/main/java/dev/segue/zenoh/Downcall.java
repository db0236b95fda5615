package dev.segue.zenoh;

/** What may come out of a downcall, apart from {@link Native}, which may have failed to load. */
final class Downcall {
  private Downcall() {}

  /** Throws errors, returns what else is unchecked to be thrown. */
  static RuntimeException rethrow(Throwable e) {
    return switch (e) {
      case RuntimeException unchecked -> unchecked;
      case Error error -> throw error;
      default -> new IllegalStateException("unexpected from a downcall", e);
    };
  }
}
