package dev.segue.zenoh;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The connections of a session, and changes to them.
 *
 * <p>An endpoint of {@link Config#connect} that isn't reached for 3 s is logged once as a warning
 * ({@code System.Logger} {@code dev.segue.zenoh}), and when it is reached after that; not while the
 * session has a listener. Low-latency sessions have no listeners and log nothing.
 *
 * <p>Owner: the session. Lifetime: as the session's. Threads: any.
 */
public final class Connectivity {
  private final Session session;
  private final Set<Listener<?>> listeners = ConcurrentHashMap.newKeySet();

  Connectivity(Session session) {
    this.session = session;
  }

  /** The endpoints of {@link Config#connect}, and whether each is reached. */
  public List<Endpoint> endpoints() throws ZenohException {
    return session.ask(NativeConnectivity::endpoints);
  }

  /** The nodes that the session is connected to. */
  public List<Transport> transports() throws ZenohException {
    return session.ask(NativeInfo::transports);
  }

  /** The links that the session has to other nodes. */
  public List<Link> links() throws ZenohException {
    return session.ask(NativeInfo::links);
  }

  /**
   * Declares a listener, to be pulled.
   *
   * @throws UnsupportedOperationException if the session is a {@linkplain Config#lowLatency
   *     low-latency} one
   */
  public ConnectivityListener declareListener() throws ZenohException {
    if (session.isLowLatency()) {
      throw new UnsupportedOperationException(
          "connectivity listener: the core lists no links of a low-latency session; look at endpoints()");
    }
    return session.declared(
        address ->
            Handle.owned(
                listener -> new ConnectivityListener(session, "the session", listeners, listener),
                new NativeConnectivity()::end,
                NativeConnectivity.listen(address)));
  }

  /** {@link #declareListener()} with a handler on a virtual thread of the library. */
  public ConnectivityListener declareListener(ConnectivityHandler handler) throws ZenohException {
    return Declared.started(listener -> listener.dispatchTo(handler), declareListener());
  }

  /** Returns whether somebody listens, so that nothing needs to be logged. */
  boolean isListened() {
    return !listeners.isEmpty();
  }
}
