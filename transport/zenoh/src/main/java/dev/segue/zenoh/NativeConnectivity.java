package dev.segue.zenoh;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.zenoh.Inbox.Taken;
import dev.segue.zenoh.ZenohException.Kind;
import java.lang.invoke.MethodHandle;
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
    return Native.readText(
            (buffer, capacity) -> (long) ENDPOINTS.invokeExact(session, buffer, capacity))
        .orThrow(Kind.INFORMATION, "endpoints of a session")
        .lines()
        .map(NativeConnectivity::endpoint)
        .toList();
  }

  private static Endpoint endpoint(String line) {
    String[] fields = line.split("\t", 3);
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
    int end = line.indexOf('\t');
    String rest = line.substring(end + 1);
    if (line.startsWith("endpoint\t")) {
      Endpoint endpoint = endpoint(rest);
      return endpoint.isReached()
          ? new ConnectivityEvent.EndpointReached(endpoint)
          : new ConnectivityEvent.EndpointUnreached(endpoint);
    }
    boolean isThere = rest.startsWith("true\t");
    String[] fields = rest.substring(rest.indexOf('\t') + 1).split("\t", -1);
    if (line.startsWith("transport\t")) {
      Transport transport = NativeInfo.transport(fields);
      return isThere
          ? new ConnectivityEvent.TransportOpened(transport)
          : new ConnectivityEvent.TransportClosed(transport);
    }
    Link link = NativeInfo.link(fields);
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
    long _ = Native.call(() -> (long) CLOSE.invokeExact(listener));
  }

  @Override
  public void free(long listener) {
    Native.free(FREE, listener);
  }
}
