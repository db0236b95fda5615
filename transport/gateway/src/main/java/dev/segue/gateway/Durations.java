package dev.segue.gateway;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times as people write them: {@code 5}, {@code 5s}, {@code 250ms}, {@code 1m}. */
final class Durations {
  private static final Pattern FORM = Pattern.compile("(\\d{1,9})(ms|s|m)?");

  private Durations() {}

  static Duration query(Target target, String name, Duration otherwise, Duration most)
      throws HttpException {
    String text = target.query().get(name);
    if (text == null) {
      return otherwise;
    }
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw HttpException.badRequest(name + "=" + text + ": a time such as 5s or 250ms");
    }
    long number = Long.parseLong(form.group(1));
    String unit = form.group(2);
    Duration value =
        "ms".equals(unit)
            ? Duration.ofMillis(number)
            : "m".equals(unit) ? Duration.ofMinutes(number) : Duration.ofSeconds(number);
    return value.compareTo(most) > 0 ? most : value;
  }
}
