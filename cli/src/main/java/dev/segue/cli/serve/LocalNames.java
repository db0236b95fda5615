package dev.segue.cli.serve;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The names and addresses that this machine can be reached by. */
final class LocalNames {
  private LocalNames() {}

  /** Those that a certificate should stand for when the gateway listens there. */
  static List<String> of(InetAddress listening, List<String> hosts) {
    Set<String> names = new LinkedHashSet<>(List.of("localhost", "127.0.0.1", "::1"));
    if (!listening.isLoopbackAddress()) {
      hostName().ifPresent(names::add);
      names.addAll(addresses(listening));
    }
    names.addAll(hosts);
    return List.copyOf(names);
  }

  private static java.util.Optional<String> hostName() {
    try {
      String name = InetAddress.getLocalHost().getHostName();
      boolean plain =
          !name.isEmpty()
              && name.length() < 64
              && name.chars().allMatch(c -> Character.isLetterOrDigit(c) || c == '-' || c == '.')
              && name.chars().anyMatch(Character::isLetter);
      return plain ? java.util.Optional.of(name) : java.util.Optional.empty();
    } catch (IOException e) {
      return java.util.Optional.empty();
    }
  }

  /** The addresses that others reach a socket by that listens there. */
  static List<String> addresses(InetAddress listening) {
    if (!listening.isAnyLocalAddress()) {
      return List.of(text(listening));
    }
    List<String> all = new ArrayList<>();
    try {
      for (NetworkInterface each : NetworkInterface.networkInterfaces().toList()) {
        if (each.isUp() && !each.isLoopback()) {
          each.inetAddresses()
              .filter(address -> !address.isLinkLocalAddress())
              .filter(address -> !(address instanceof Inet6Address) || isV6(listening))
              .forEach(address -> all.add(text(address)));
        }
      }
    } catch (SocketException e) {
      return List.of(); // Then nobody knows them.
    }
    return all;
  }

  private static boolean isV6(InetAddress listening) {
    return listening instanceof Inet6Address;
  }

  private static String text(InetAddress address) {
    String literal = address.getHostAddress();
    int zone = literal.indexOf('%');
    return zone < 0 ? literal : literal.substring(0, zone);
  }
}
