package dev.segue.gateway;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Conditions of a request on what is there now, RFC 9110 section 13. */
final class Conditions {
  private static final Pattern TAG = Pattern.compile("(W/)?(\"[^\"]*\")");
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private Conditions() {}

  /** As HTTP writes times, to the second. */
  static String date(Instant time) {
    return DATE.format(time);
  }

  private static Optional<Instant> parse(String date) {
    try {
      return date.isEmpty()
          ? Optional.empty()
          : Optional.of(DateTimeFormatter.RFC_1123_DATE_TIME.parse(date, Instant::from));
    } catch (DateTimeException e) {
      return Optional.empty(); // A field that can't be read is left out, section 13.1.3.
    }
  }

  /**
   * Returns whether a list of entity tags names this one, weakly compared (section 8.8.3.2); {@code
   * *} names all.
   */
  static boolean matches(String list, String etag) {
    return list.strip().equals("*") || names(list, etag, false);
  }

  private static boolean names(String list, String etag, boolean strongly) {
    boolean weak = etag.startsWith("W/");
    String opaque = weak ? etag.substring(2) : etag;
    Matcher tags = TAG.matcher(list);
    while (tags.find()) {
      boolean strong = tags.group(1) == null && !weak;
      if (tags.group(2).equals(opaque) && (strong || !strongly)) {
        return true;
      }
    }
    return false;
  }

  /** Returns the tags of a list as they lie in their quotation marks, those included. */
  static List<String> tags(String list) {
    return TAG.matcher(list).results().map(each -> each.group(2)).toList();
  }

  /** Returns the tags of all such fields; empty without any. */
  static String ifMatch(GatewayExchange call) {
    return call.allOf("if-match", ",");
  }

  /** Returns the tags of all such fields; empty without any. */
  static String ifNoneMatch(GatewayExchange call) {
    return call.allOf("if-none-match", ",");
  }

  /** Returns whether a request that changes something has any. */
  static boolean hasAny(GatewayExchange call) {
    return !ifMatch(call).isEmpty()
        || !ifNoneMatch(call).isEmpty()
        || parse(call.header("if-unmodified-since")).isPresent();
  }

  /**
   * In the order of section 13.2.2; 200 to go on.
   *
   * @return 304, 412 or 200
   */
  static int statusOf(GatewayExchange call, String etag, Instant lastModified) {
    Instant modified = lastModified.truncatedTo(ChronoUnit.SECONDS);
    String ifMatch = ifMatch(call);
    Optional<Instant> unmodifiedSince = parse(call.header("if-unmodified-since"));
    if (!ifMatch.isEmpty()) {
      if (!ifMatch.strip().equals("*") && !names(ifMatch, etag, true)) {
        return 412;
      }
    } else if (unmodifiedSince.isPresent() && modified.isAfter(unmodifiedSince.get())) {
      return 412;
    }
    boolean reads = call.method().equals("GET") || call.isHead();
    String ifNoneMatch = ifNoneMatch(call);
    Optional<Instant> modifiedSince = parse(call.header("if-modified-since"));
    if (!ifNoneMatch.isEmpty()) {
      if (matches(ifNoneMatch, etag)) {
        return reads ? 304 : 412;
      }
    } else if (reads && modifiedSince.isPresent() && !modified.isAfter(modifiedSince.get())) {
      return 304;
    }
    return 200;
  }

  /**
   * Returns whether {@code If-Range} lets a part be sent: it names this version, or there is none.
   */
  static boolean allowsRange(GatewayExchange call, String etag, Instant lastModified) {
    String field = call.header("if-range");
    if (field.isEmpty()) {
      return true;
    }
    return field.indexOf('"') >= 0
        ? names(field, etag, true)
        : parse(field).equals(Optional.of(lastModified.truncatedTo(ChronoUnit.SECONDS)));
  }
}
