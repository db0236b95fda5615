package dev.segue.cli.store;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Tells whether two locations are one place, however they are spelled. */
final class Places {
  private Places() {}

  /** Returns whether what is written below one folder appears below another. */
  static boolean isWithin(ObjectUri folder, ObjectUri other) throws IOException {
    if (folder.isLocal() && other.isLocal()) {
      return real(folder.path()).startsWith(real(other.path()));
    }
    return folder.key().startsWith(other.key()) && isSameStore(folder, other);
  }

  /**
   * Returns what names below one folder begin with to lie below another one, which is in it; empty
   * if that is not in it.
   */
  static String prefixOf(ObjectUri folder, ObjectUri inner) throws IOException {
    if (!isWithin(inner, folder)) {
      return "";
    }
    String prefix =
        folder.isLocal()
            ? real(folder.path()).relativize(real(inner.path())).toString()
            : inner.key().substring(folder.key().length());
    return prefix.isEmpty() || prefix.endsWith("/") ? prefix : prefix + "/";
  }

  /** Returns whether two objects are one, which a copy would read and write at once. */
  static boolean isSame(ObjectUri one, ObjectUri two) throws IOException {
    if (one.isLocal() && two.isLocal()) {
      return Files.exists(one.path())
          && Files.exists(two.path())
          && Files.isSameFile(one.path(), two.path());
    }
    return one.key().equals(two.key()) && isSameStore(one, two);
  }

  /** Returns whether two objects of stores have the same bucket and key, whoever serves them. */
  static boolean haveOneName(ObjectUri one, ObjectUri two) {
    return !one.isLocal()
        && !two.isLocal()
        && one.key().equals(two.key())
        && one.storeUri().split("\\?", 2)[0].equals(two.storeUri().split("\\?", 2)[0]);
  }

  /** Without symbolic links, as far as the path is there. */
  private static Path real(Path path) throws IOException {
    Path there = path.toAbsolutePath().normalize();
    Path rest = Path.of("");
    while (!Files.exists(there, LinkOption.NOFOLLOW_LINKS) && there.getParent() != null) {
      rest = there.getFileName().resolve(rest);
      there = there.getParent();
    }
    Path real = Files.exists(there) ? there.toRealPath() : there;
    return real.resolve(rest).normalize();
  }

  private static boolean isSameStore(ObjectUri one, ObjectUri two) {
    String[] first = one.storeUri().split("\\?", 2);
    String[] second = two.storeUri().split("\\?", 2);
    if (!first[0].equals(second[0])) {
      return false;
    }
    Map<String, String> mine = options(first.length > 1 ? first[1] : "");
    Map<String, String> theirs = options(second.length > 1 ? second[1] : "");
    Set<String> servers = servers(mine.getOrDefault("endpoint", ""));
    Set<String> others = servers(theirs.getOrDefault("endpoint", ""));
    if (servers.isEmpty() && others.isEmpty()) {
      // A bucket's name is its own in all regions, a container's in its account.
      return Optional.ofNullable(mine.get("account"))
          .equals(Optional.ofNullable(theirs.get("account")));
    }
    Set<String> both = new HashSet<>(servers);
    return both.removeAll(others);
  }

  private static Map<String, String> options(String query) {
    return Stream.of(query.split("&", -1))
        .map(option -> option.split("=", 2))
        .filter(option -> option.length == 2)
        .collect(
            Collectors.toMap(
                option -> option[0],
                option -> URLDecoder.decode(option[1], StandardCharsets.UTF_8),
                (first, last) -> last));
  }

  /** Addresses and ports: one server has many names. */
  private static Set<String> servers(String endpoints) {
    Set<String> servers = new HashSet<>();
    for (String endpoint : endpoints.split(",", -1)) {
      if (endpoint.isBlank()) {
        continue;
      }
      try {
        URI uri = URI.create(endpoint.strip());
        if (uri.getHost() == null) {
          continue;
        }
        int port = uri.getPort() >= 0 ? uri.getPort() : "http".equals(uri.getScheme()) ? 80 : 443;
        for (InetAddress address : InetAddress.getAllByName(uri.getHost())) {
          servers.add(address.getHostAddress() + " " + port);
        }
      } catch (UnknownHostException | IllegalArgumentException e) {
        servers.add(endpoint);
      }
    }
    return servers;
  }
}
