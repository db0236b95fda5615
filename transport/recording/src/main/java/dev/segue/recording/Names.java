package dev.segue.recording;

import java.util.Locale;

/** Names of the files of one recording: {@code drive.mcap}, {@code drive-0001.mcap}, … */
final class Names {
  private Names() {}

  /** The n-th name, from 0 on. */
  static String of(String first, int number) {
    if (number == 0) {
      return first;
    }
    int folder = first.lastIndexOf('/') + 1;
    int dot = first.lastIndexOf('.');
    int at = dot > folder ? dot : first.length();
    return first.substring(0, at)
        + String.format(Locale.ROOT, "-%04d", number)
        + first.substring(at);
  }
}
