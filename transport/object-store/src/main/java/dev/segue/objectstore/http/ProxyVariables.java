package dev.segue.objectstore.http;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The proxies that the environment names: {@code HTTPS_PROXY} for TLS, {@code HTTP_PROXY} for plain
 * requests, and in {@code NO_PROXY} the servers that are reached without one, separated by commas:
 * names, which include their subdomains, addresses, blocks of addresses ({@code 10.0.0.0/8}), each
 * optionally with a port, or {@code *} for all. Lower-case names take precedence. This machine
 * itself is never reached through a proxy.
 */
public final class ProxyVariables {
  /** No proxies. */
  public static final ProxyVariables NONE = of(Map.of());

  private final @Nullable HttpProxy tls;
  private final @Nullable HttpProxy plain;
  private final List<Direct> direct = new ArrayList<>();

  private ProxyVariables(Map<String, String> environment) {
    this.tls = proxy(environment, "https_proxy");
    this.plain = proxy(environment, "http_proxy");
    for (String each : value(environment, "no_proxy").split("[,\\s]+", -1)) {
      if (!each.isEmpty()) {
        direct.add(Direct.parse(each.toLowerCase(Locale.ROOT)));
      }
    }
  }

  /**
   * Returns the proxies of an environment.
   *
   * @throws IllegalArgumentException if a proxy's URL is invalid; the message names the variable
   */
  public static ProxyVariables of(Map<String, String> environment) {
    return new ProxyVariables(environment);
  }

  private static String value(Map<String, String> environment, String name) {
    String lower = environment.getOrDefault(name, "").strip();
    return lower.isEmpty()
        ? environment.getOrDefault(name.toUpperCase(Locale.ROOT), "").strip()
        : lower;
  }

  private static @Nullable HttpProxy proxy(Map<String, String> environment, String name) {
    String url = value(environment, name);
    if (url.isEmpty()) {
      return null;
    }
    try {
      return HttpProxy.parse(url.contains("://") ? url : "http://" + url);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(name.toUpperCase(Locale.ROOT) + ": " + e.getMessage(), e);
    }
  }

  /** The proxy for requests to a server, null for none. */
  @Nullable HttpProxy proxyFor(HttpEndpoint endpoint) {
    HttpProxy proxy = endpoint.tls() ? tls : plain;
    if (proxy == null) {
      return null;
    }
    String host = bare(endpoint.host().toLowerCase(Locale.ROOT));
    InetAddress address = literal(host);
    boolean isHere =
        host.equals("localhost")
            || host.endsWith(".localhost")
            || (address != null && address.isLoopbackAddress());
    return isHere || direct.stream().anyMatch(each -> each.has(host, endpoint.port(), address))
        ? null
        : proxy;
  }

  private static String bare(String host) {
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }

  /** The address that a text is; null for a name. */
  private static @Nullable InetAddress literal(String host) {
    try {
      return InetAddress.ofLiteral(host);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /**
   * Servers that are reached without a proxy.
   *
   * @param name without a dot before it; {@code *} for all
   * @param port 0 for each
   * @param block of addresses, null where it is a name
   */
  private record Direct(String name, int port, @Nullable InetAddress block, int prefixBitSize) {
    static Direct parse(String text) {
      int slash = text.indexOf('/');
      InetAddress block = slash < 0 ? null : literal(text.substring(0, slash));
      if (block != null) {
        int bits = number(text.substring(slash + 1));
        return new Direct(text, 0, block, bits < 0 ? block.getAddress().length * 8 : bits);
      }
      int colon = text.lastIndexOf(':');
      int port = colon < 0 || literal(text) != null ? -1 : number(text.substring(colon + 1));
      String name = bare(port < 0 ? text : text.substring(0, colon));
      String below = name.startsWith("*.") ? name.substring(2) : name;
      return new Direct(
          below.startsWith(".") ? below.substring(1) : below,
          Math.max(0, port),
          literal(name),
          Integer.MAX_VALUE);
    }

    private static int number(String digits) {
      return digits.matches("\\d{1,5}") ? Integer.parseInt(digits) : -1;
    }

    boolean has(String host, int at, @Nullable InetAddress address) {
      if (port != 0 && port != at) {
        return false;
      }
      if (block != null) {
        return address != null && isIn(address.getAddress(), block.getAddress());
      }
      return name.equals("*") || host.equals(name) || host.endsWith("." + name);
    }

    private boolean isIn(byte[] address, byte[] of) {
      int bits = Math.min(prefixBitSize, of.length * 8);
      boolean same = address.length == of.length;
      for (int i = 0; same && i < bits; i++) {
        same = ((address[i / 8] ^ of[i / 8]) >> (7 - i % 8) & 1) == 0;
      }
      return same;
    }
  }
}
