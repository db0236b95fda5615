package dev.segue.zenoh;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.zenoh.Inbox.Taken;
import dev.segue.zenoh.ZenohException.Kind;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The downcalls on connectivity listeners, with events as the lines of connectivity.rs. */
final class NativeConnectivity implements Listener.Calls<ConnectivityEvent> {
  private static final MethodHandle LISTEN = Native.handle("segue_connectivity_listen", JAVA_LONG);
  private static final MethodHandle DRAIN =
      Native.handle("segue_connectivity_drain", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle ARM =
      Native.handle("segue_connectivity_arm", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle CLOSE = Native.handle("segue_connectivity_close", JAVA_LONG);
  private static final MethodHandle FREE = Native.freeing("segue_connectivity_free");
  private static final MethodHandle ENDPOINTS =
      Native.handle("segue_session_endpoints", JAVA_LONG, ADDRESS, JAVA_LONG);

  static long listen(long session) throws ZenohException {
    return Native.checked(
        Kind.DECLARATION,
        "declaration of a connectivity listener",
        Native.call(() -> (long) LISTEN.invokeExact(session)));
  }

  static List<Endpoint> endpoints(long session) throws ZenohException {
    return Fields.lines(
            Native.readText(
                    (buffer, capacity) -> (long) ENDPOINTS.invokeExact(session, buffer, capacity))
                .orThrow(Kind.INFORMATION, "endpoints of a session"))
        .map(NativeConnectivity::endpoint)
        .toList();
  }

  private static Endpoint endpoint(String[] fields) {
    Optional<String> failure =
        fields[1].isEmpty() ? Optional.empty() : Optional.of(Secrets.text(fields[1]));
    return new Endpoint(Secrets.text(fields[2]), Boolean.parseBoolean(fields[0]), failure);
  }

  @Override
  public Taken<ConnectivityEvent> take(long listener, long waitNanos) {
    Native.Text text =
        Native.readText(
            (buffer, capacity) -> (long) DRAIN.invokeExact(listener, buffer, capacity, waitNanos));
    if (text.failure() == NativeSubscriber.ENDED) {
      return Taken.end();
    }
    String line = text.orExpected("drain of a connectivity listener");
    return line.isEmpty() ? Taken.nothing() : Taken.of(event(line));
  }

  private static ConnectivityEvent event(String line) {
    String[] fields = Fields.of(line);
    if (fields[0].equals("endpoint")) {
      Endpoint endpoint = endpoint(Arrays.copyOfRange(fields, 1, fields.length));
      return endpoint.isReached()
          ? new ConnectivityEvent.EndpointReached(endpoint)
          : new ConnectivityEvent.EndpointUnreached(endpoint);
    }
    boolean isThere = Boolean.parseBoolean(fields[1]);
    String[] rest = Arrays.copyOfRange(fields, 2, fields.length);
    if (fields[0].equals("transport")) {
      Transport transport = NativeInfo.transport(rest);
      return isThere
          ? new ConnectivityEvent.TransportOpened(transport)
          : new ConnectivityEvent.TransportClosed(transport);
    }
    Link link = NativeInfo.link(rest);
    return isThere
        ? new ConnectivityEvent.LinkAdded(link)
        : new ConnectivityEvent.LinkRemoved(link);
  }

  @Override
  public boolean arm(long listener, long bell) {
    return Native.expected(
            "wait for a connectivity event",
            Native.call(() -> (long) ARM.invokeExact(listener, bell)))
        != 0;
  }

  @Override
  public void close(long listener) {
    Native.call(() -> (long) CLOSE.invokeExact(listener));
  }

  @Override
  public void free(long listener) {
    Native.free(FREE, listener);
  }
}
