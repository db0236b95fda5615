package dev.segue.zenoh;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Which messages on which links to filter.
 *
 * @param messages the kinds of messages, at least one
 * @param flows the directions; none for both
 * @param linkProtocols the protocols of the links; none for any
 * @param interfaces the network interfaces of the links, such as {@code eth0}; none for any
 */
public record Interceptor(
    Set<DataMessage> messages,
    Set<InterceptorFlow> flows,
    Set<LinkProtocol> linkProtocols,
    List<String> interfaces) {
  /** Keeps them as they are now. */
  public Interceptor {
    if (messages.isEmpty()) {
      throw new IllegalArgumentException("an interceptor of no kind of message");
    }
    messages = Collections.unmodifiableSet(EnumSet.copyOf(messages));
    flows = Set.copyOf(flows);
    linkProtocols = Set.copyOf(linkProtocols);
    interfaces = List.copyOf(interfaces);
  }

  /** Messages of these kinds, both ways, on all links. */
  public static Interceptor of(DataMessage first, DataMessage... more) {
    return new Interceptor(EnumSet.of(first, more), Set.of(), Set.of(), List.of());
  }

  /** One way only. */
  public Interceptor flow(InterceptorFlow value) {
    return new Interceptor(messages, Set.of(value), linkProtocols, interfaces);
  }

  /** On links over these alone. */
  public Interceptor linkProtocols(LinkProtocol... values) {
    return new Interceptor(messages, flows, Set.of(values), interfaces);
  }

  /** On links of these interfaces alone. */
  public Interceptor interfaces(String... values) {
    return new Interceptor(messages, flows, linkProtocols, List.of(values));
  }

  JsonFields fields() {
    return new JsonFields()
        .withNames("messages", messages)
        .withNames("flows", flows)
        .withNames("link_protocols", linkProtocols)
        .withTexts("interfaces", interfaces);
  }
}
