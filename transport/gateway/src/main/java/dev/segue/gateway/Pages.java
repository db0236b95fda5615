package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Headers;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** The page that a person opens, from resources of the jar. */
final class Pages {
  /** No folders: nothing can lead out of the one that there is. */
  private static final Pattern NAME = Pattern.compile("[a-z0-9-]+\\.(html|css|js|svg|png|ico)");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml",
          "png", "image/png",
          "ico", "image/x-icon");

  /** Scripts, styles and requests of this origin alone. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final ConcurrentHashMap<String, SegmentedBytes> loaded = new ConcurrentHashMap<>();

  /** Returns whether a path names what is the same for everybody: the page may ask for a token. */
  static boolean isOpen(String path) {
    return path.equals("/") || NAME.matcher(path.substring(1)).matches();
  }

  void handle(GatewayExchange call) throws HttpException {
    String path = call.target().path();
    String name = path.equals("/") ? "index.html" : path.substring(1);
    SegmentedBytes bytes =
        NAME.matcher(name).matches()
            ? load(name).orElse(SegmentedBytes.empty())
            : SegmentedBytes.empty();
    if (bytes.isEmpty()) {
      throw new HttpException(
          404, "nothing here; there are /, /topics, /objects, /metrics and /healthz");
    }
    String type = TYPES.getOrDefault(name.substring(name.lastIndexOf('.') + 1), "");
    call.respond(
        200,
        Headers.of(
            "content-type", type, "cache-control", "no-cache", "content-security-policy", POLICY),
        bytes);
  }

  private Optional<SegmentedBytes> load(String name) {
    SegmentedBytes known = loaded.get(name);
    if (known != null) {
      return Optional.of(known);
    }
    try (InputStream in = Pages.class.getResourceAsStream("page/" + name)) {
      if (in == null) {
        return Optional.empty();
      }
      SegmentedBytes bytes = SegmentedBytes.copyOf(in.readAllBytes());
      loaded.put(name, bytes);
      return Optional.of(bytes);
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
