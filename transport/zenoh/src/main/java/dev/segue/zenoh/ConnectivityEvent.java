package dev.segue.zenoh;

/** A change in what a session is connected to. */
public sealed interface ConnectivityEvent {
  /**
   * A node is connected.
   *
   * @param transport the node, and what its links can do
   */
  record TransportOpened(Transport transport) implements ConnectivityEvent {}

  /**
   * A node is not connected any more.
   *
   * @param transport as it was opened
   */
  record TransportClosed(Transport transport) implements ConnectivityEvent {}

  /**
   * A link leads to a node.
   *
   * @param link the link
   */
  record LinkAdded(Link link) implements ConnectivityEvent {}

  /**
   * A link has ended.
   *
   * @param link as it was added
   */
  record LinkRemoved(Link link) implements ConnectivityEvent {}

  /**
   * Reports that an endpoint of {@link Config#connect} is connected.
   *
   * @param endpoint the endpoint
   */
  record EndpointReached(Endpoint endpoint) implements ConnectivityEvent {}

  /**
   * Reports that an endpoint of {@link Config#connect} isn't connected: not yet, because the first
   * attempt failed, or not any more. The session keeps trying.
   *
   * @param endpoint the endpoint, with the reason if there is one
   */
  record EndpointUnreached(Endpoint endpoint) implements ConnectivityEvent {}
}
