package dev.segue.cli.zenoh;

import dev.segue.cli.zenoh.Finding.Level;
import dev.segue.zenoh.GetOptions;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Link;
import dev.segue.zenoh.Mode;
import dev.segue.zenoh.Replies;
import dev.segue.zenoh.Reply;
import dev.segue.zenoh.Selector;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Transport;
import dev.segue.zenoh.ZenohException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Checks what a session is connected to, and whether payloads go through shared memory there. */
final class LinkCheck {
  private static final KeyExpr ADMIN_SPACE = KeyExpr.of("@/*/*");
  private static final Duration ADMIN_TIMEOUT = Duration.ofSeconds(2);
  private static final int MOST_ADMIN_BYTES = 1 << 20;
  private static final int MOST_VERSIONS = 1000;
  private static final Pattern VERSION = Pattern.compile("\"version\"\\s*:\\s*\"([^\"]{1,200})\"");

  private LinkCheck() {}

  static List<Finding> findings(Session session) throws ZenohException {
    List<Link> links = session.links();
    List<Finding> findings = new ArrayList<>();
    for (Transport node : session.transports()) {
      List<Link> ofNode = links.stream().filter(link -> link.zid().equals(node.zid())).toList();
      findings.add(of(node, ofNode));
    }
    if (findings.isEmpty()) {
      findings.add(
          new Finding(
              Level.NOTE,
              "network",
              "no other node was found",
              "name one: -e tcp/ADDRESS:7447; scouting needs multicast, which containers and many"
                  + " wireless networks don't pass on"));
    }
    return findings;
  }

  /** The versions of nodes that say so: routers, and peers with an admin space. */
  static List<Finding> versions(Session session) throws ZenohException, InterruptedException {
    List<Finding> findings = new ArrayList<>();
    GetOptions options = GetOptions.defaults().timeout(ADMIN_TIMEOUT);
    try (Replies replies = session.get(Selector.of(ADMIN_SPACE), options)) {
      while (!replies.isEnded()) {
        Optional<Reply> next = replies.receive(ADMIN_TIMEOUT);
        if (next.isPresent()) {
          try (Reply reply = next.get()) {
            if (findings.size() < MOST_VERSIONS) {
              version(reply).ifPresent(findings::add);
            }
          }
        }
      }
    }
    return findings;
  }

  private static Optional<Finding> version(Reply reply) {
    if (!(reply instanceof Reply.Success success)
        || success.sample().payloadByteSize() > MOST_ADMIN_BYTES) {
      return Optional.empty();
    }
    String json = success.sample().payload().copyToUtf8String();
    Matcher matcher = VERSION.matcher(json);
    return matcher.find()
        ? Optional.of(
            Finding.ok("version", success.sample().keyExpr() + " runs Zenoh " + matcher.group(1)))
        : Optional.empty();
  }

  private static Finding of(Transport node, List<Link> links) {
    String mode = node.mode().name().toLowerCase(Locale.ROOT);
    String ends =
        links.isEmpty()
            ? ""
            : " at " + links.stream().map(Link::destination).collect(Collectors.joining(", "));
    String text = mode + " " + node.zid() + ends + ": ";
    if (node.isSharedMemory()) {
      return Finding.ok(mode, text + "shared memory");
    }
    if (!links.isEmpty() && links.stream().noneMatch(link -> isOfThisHost(link.destination()))) {
      return Finding.ok(mode, text + "over the network, it is another host's");
    }
    String remedy =
        node.mode() == Mode.ROUTER
            ? "zenohd needs the feature shared-memory and transport/shared_memory/enabled"
            : "transport/shared_memory/enabled on both sides, one user, and one /dev/shm: containers"
                + " need --ipc=host or a volume";
    return new Finding(
        Level.WARNING,
        mode,
        text + "over the network, though it is on this host: it has no shared memory for us",
        remedy);
  }

  /** Returns whether a locator, {@code tcp/127.0.0.1:7447}, is an address of this machine. */
  static boolean isOfThisHost(String locator) {
    int slash = locator.indexOf('/');
    String protocol = slash < 0 ? "" : locator.substring(0, slash);
    if (protocol.startsWith("unix") || protocol.equals("vsock")) {
      return protocol.startsWith("unix");
    }
    String address = locator.substring(slash + 1);
    int end = address.lastIndexOf(':');
    String host = (end < 0 ? address : address.substring(0, end)).replaceAll("[\\[\\]]", "");
    try {
      InetAddress parsed = InetAddress.ofLiteral(host);
      return parsed.isLoopbackAddress() || NetworkInterface.getByInetAddress(parsed) != null;
    } catch (IllegalArgumentException | SocketException e) {
      return false;
    }
  }
}
