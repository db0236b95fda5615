package dev.segue.objectstore;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads settings from variables, and refuses names with a slip in them, which would be passed over
 * in silence.
 */
final class SettingVariables {
  private static final String CHECKSUMS = "SEGUE_CHECKSUMS";
  private static final List<String> KNOWN =
      Stream.concat(
              Arrays.stream(Setting.values()).map(setting -> setting.variable),
              Stream.of(CHECKSUMS))
          .toList();

  /** Others have variables that begin with SEGUE_ as well; these are none of them. */
  private static final int SLIP_COUNT = 2;

  private SettingVariables() {}

  static StoreSettings read(Map<String, String> variables) {
    checkNames(variables.keySet());
    Map<Setting, Long> values = new EnumMap<>(Setting.class);
    for (Setting setting : Setting.values()) {
      String text = variables.get(setting.variable);
      if (text != null && !text.isBlank()) {
        values.put(setting, setting.parse(text));
      }
    }
    return new StoreSettings(values, checksums(variables.get(CHECKSUMS)));
  }

  private static StoreSettings.Checksums checksums(@Nullable String text) {
    return switch (text == null ? "" : text.strip().toLowerCase(Locale.ROOT)) {
      case "", "1", "crc32c" -> StoreSettings.Checksums.CRC32C;
      case "crc64nvme" -> StoreSettings.Checksums.CRC64NVME;
      case "0", "none" -> StoreSettings.Checksums.NONE;
      default ->
          throw new IllegalArgumentException(
              CHECKSUMS + "=" + text + ": none (0), crc32c (1) or crc64nvme");
    };
  }

  /**
   * Refuses names that are almost a setting's.
   *
   * @throws IllegalArgumentException with the name that is nearest
   */
  private static void checkNames(Collection<String> names) {
    for (String name : names) {
      if (!name.startsWith("SEGUE_") || KNOWN.contains(name)) {
        continue;
      }
      String nearest =
          KNOWN.stream().min(Comparator.comparingInt(known -> distance(name, known))).orElseThrow();
      boolean ours = name.startsWith("SEGUE_GET_") || name.startsWith("SEGUE_PUT_");
      if (ours || distance(name, nearest) <= SLIP_COUNT) {
        throw new IllegalArgumentException(
            name + ": no such setting; did you mean " + nearest + "?");
      }
    }
  }

  /** Returns how many letters differ, are missing or too many (Levenshtein). */
  private static int distance(String one, String two) {
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
