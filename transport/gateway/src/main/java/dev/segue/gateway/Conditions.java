package dev.segue.gateway;

/** Conditions on an entity tag, RFC 9110 section 13. */
final class Conditions {
  private Conditions() {}

  /**
   * Whether a list of entity tags names this one, weakly compared (section 8.8.3.2); {@code *}
   * names all.
   */
  static boolean matches(String list, String etag) {
    if (list.strip().equals("*")) {
      return true;
    }
    String plain = opaque(etag);
    for (String each : list.split(",", -1)) {
      if (!each.isBlank() && opaque(each.strip()).equals(plain)) {
        return true;
      }
    }
    return false;
  }

  private static String opaque(String tag) {
    return tag.startsWith("W/") ? tag.substring(2) : tag;
  }
}
