package dev.segue.interop.faults;

import java.util.LinkedHashMap;
import java.util.Map;

/** Named numbers of a line that a process printed: {@code a=1 b=2}. */
record Figures(Map<String, Long> byName) {
  static Figures of(String line) {
    Map<String, Long> numbers = new LinkedHashMap<>();
    for (String field : line.split(" ", -1)) {
      int equals = field.indexOf('=');
      numbers.put(field.substring(0, equals), Long.valueOf(field.substring(equals + 1)));
    }
    return new Figures(numbers);
  }

  long get(String name) {
    Long number = byName.get(name);
    if (number == null) {
      throw new IllegalStateException("no " + name + " in " + byName);
    }
    return number;
  }

  @Override
  public String toString() {
    return byName.toString();
  }
}
