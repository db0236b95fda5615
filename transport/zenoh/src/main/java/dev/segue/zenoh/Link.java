package dev.segue.zenoh;

import java.util.List;
import java.util.Optional;

/**
 * A link of a session to another node.
 *
 * @param zid the node at the other end
 * @param source this end's locator, {@code tcp/192.168.1.7:53412}
 * @param destination the other end's
 * @param group the multicast group, if it is one
 * @param mtu the maximum number of bytes in one piece
 * @param isStreamed whether it is a stream, such as TCP
 * @param priorities which priorities it carries, if links to this node have any
 * @param reliability its reliability, if links to this node differ in that
 * @param interfaces the network interfaces of this end
 * @param authIdentifier the identity of the other end from its certificate, if it has one
 */
public record Link(
    ZenohId zid,
    String source,
    String destination,
    Optional<String> group,
    int mtu,
    boolean isStreamed,
    Optional<Priorities> priorities,
    Optional<Reliability> reliability,
    List<String> interfaces,
    Optional<String> authIdentifier) {
  /**
   * Priorities from one to another.
   *
   * @param highest the first to go
   * @param lowest the last
   */
  public record Priorities(Priority highest, Priority lowest) {}

  /** Keeps the interfaces as they are now. */
  public Link {
    interfaces = List.copyOf(interfaces);
  }
}
