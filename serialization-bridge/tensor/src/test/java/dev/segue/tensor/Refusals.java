package dev.segue.tensor;

/** What is said of a file that is refused. */
final class Refusals {
  private static final int LONGEST = 1_000;

  private Refusals() {}

  /** One line, whatever the file has in it. */
  static void check(TensorFormatException refused) {
    String message = String.valueOf(refused.getMessage());
    if (message.length() > LONGEST || message.lines().count() != 1) {
      throw new AssertionError("message=" + message, refused);
    }
  }
}
