package dev.segue.objectstore.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A proxy that connections go through: TLS in a tunnel ({@code CONNECT}), plain requests by their
 * whole URL.
 *
 * @param authorization the value of {@code Proxy-Authorization}, null for none
 */
public record HttpProxy(String host, int port, @Nullable String authorization) {
  private static final int DEFAULT_PORT = 8080;

  /**
   * Parses a URL such as {@code http://host:3128} or {@code http://user:password@host:3128}.
   *
   * @throws IllegalArgumentException if it is invalid
   */
  public static HttpProxy parse(String url) {
    URI uri;
    try {
      uri = new URI(url.strip());
    } catch (URISyntaxException e) {
      // Without the text: it may have a password in it.
      throw new IllegalArgumentException("proxy: a URL such as http://host:3128", e);
    }
    if (!"http".equals(uri.getScheme()) || uri.getHost() == null) {
      throw new IllegalArgumentException("proxy: a URL such as http://host:3128");
    }
    String user = uri.getUserInfo();
    return new HttpProxy(
        uri.getHost(),
        uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort(),
        user == null
            ? null
            : "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8)));
  }

  /** Without what authorizes. */
  @Override
  public String toString() {
    return "http://" + host + ":" + port;
  }
}
