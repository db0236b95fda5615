package dev.segue.objectstore;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** The names of settings, so that one with a slip in it is not passed over in silence. */
final class SettingNames {
  private static final List<String> KNOWN =
      List.of(
          "SEGUE_RT_THREADS",
          "SEGUE_HTTP_MAX_CONNS",
          "SEGUE_GET_PART_SIZE",
          "SEGUE_GET_INFLIGHT",
          "SEGUE_GET_THRESHOLD",
          "SEGUE_READ_AHEAD",
          "SEGUE_PUT_PART_SIZE",
          "SEGUE_PUT_INFLIGHT",
          "SEGUE_ATTEMPTS",
          "SEGUE_STALL_TIMEOUT_MILLIS",
          "SEGUE_CHECKSUMS");

  /** Others have variables that begin with SEGUE_ as well; these are none of them. */
  private static final int SLIP_COUNT = 2;

  private SettingNames() {}

  /**
   * Refuses names that are almost a setting's.
   *
   * @throws IllegalArgumentException with the name that is nearest
   */
  static void check(Collection<String> names) {
    for (String name : names) {
      if (!name.startsWith("SEGUE_") || KNOWN.contains(name)) {
        continue;
      }
      String nearest =
          KNOWN.stream().min(Comparator.comparingInt(known -> distance(name, known))).orElseThrow();
      boolean ours = name.startsWith("SEGUE_GET_") || name.startsWith("SEGUE_PUT_");
      if (ours || distance(name, nearest) <= SLIP_COUNT) {
        throw new IllegalArgumentException(
            name + ": there is no such setting; did you mean " + nearest + "?");
      }
    }
  }

  /** How many letters differ, are missing or too many (Levenshtein). */
  static int distance(String one, String two) {
    int[] last = new int[two.length() + 1];
    Arrays.setAll(last, i -> i);
    for (int i = 1; i <= one.length(); i++) {
      int[] row = new int[two.length() + 1];
      row[0] = i;
      for (int j = 1; j <= two.length(); j++) {
        int same = one.charAt(i - 1) == two.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j - 1], last[j]) + 1, last[j - 1] + same);
      }
      last = row;
    }
    return last[two.length()];
  }
}
