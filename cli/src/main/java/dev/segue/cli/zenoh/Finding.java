package dev.segue.cli.zenoh;

/**
 * One thing that was looked at.
 *
 * @param level whether something has to be done
 * @param subject what was looked at, one word
 * @param text what was found, with its numbers
 * @param remedy what to do; empty if there is nothing to do
 */
record Finding(Level level, String subject, String text, String remedy) {
  /** From good to bad. */
  enum Level {
    OK,
    NOTE,
    WARNING,
    ERROR;

    /** Returns whether the user should do something. */
    boolean isBad() {
      return compareTo(WARNING) >= 0;
    }
  }

  static Finding ok(String subject, String text) {
    return new Finding(Level.OK, subject, text, "");
  }
}
