package dev.segue.zenoh;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.zenoh.ZenohException.Kind;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The downcall that says what a session is connected to, as the lines of info.rs. */
final class NativeInfo {
  private static final MethodHandle CONNECTIONS =
      Native.handle("segue_session_connections", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);

  private NativeInfo() {}

  static List<Transport> transports(long session) throws ZenohException {
    return lines(session, 0).map(NativeInfo::transport).toList();
  }

  static List<Link> links(long session) throws ZenohException {
    return lines(session, 1).map(NativeInfo::link).toList();
  }

  private static Stream<String[]> lines(long session, int links) throws ZenohException {
    return Fields.lines(
        Native.readText(
                (buffer, capacity) ->
                    (long) CONNECTIONS.invokeExact(session, links, buffer, capacity))
            .orThrow(Kind.INFORMATION, "connections of a session"));
  }

  static Transport transport(String[] fields) {
    return new Transport(
        ZenohId.of(fields[0]),
        Mode.valueOf(fields[1].toUpperCase(Locale.ROOT)),
        Boolean.parseBoolean(fields[2]),
        Boolean.parseBoolean(fields[3]),
        Boolean.parseBoolean(fields[4]));
  }

  static Link link(String[] fields) {
    Optional<Link.Priorities> priorities =
        fields[6].isEmpty()
            ? Optional.empty()
            : Optional.of(new Link.Priorities(priority(fields[6]), priority(fields[7])));
    return new Link(
        ZenohId.of(fields[0]),
        fields[1],
        fields[2],
        some(fields[3]),
        Integer.parseInt(fields[4]),
        Boolean.parseBoolean(fields[5]),
        priorities,
        some(fields[8]).map(Reliability::valueOf),
        fields[9].isEmpty() ? List.of() : List.of(fields[9].split(" ", -1)),
        some(fields[10]));
  }

  /** The core has one more for itself, before all others. */
  private static Priority priority(String code) {
    return Priority.of(Math.max(Priority.REAL_TIME.code(), Integer.parseInt(code)));
  }

  private static Optional<String> some(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }
}
