package dev.segue.gateway;

import dev.segue.http2.Headers;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask at all: by the name it asks for, by the site it asks from, by what it shows.
 *
 * <p>A page of another site can make a browser send requests here, and can make a name of its own
 * mean this machine (DNS rebinding). So a gateway on the loopback interface is only asked by the
 * names of that, by an address, or by the names it was given; and what a browser says comes from
 * another site is refused.
 */
final class Guard {
  private static final Pattern ADDRESS = Pattern.compile("[0-9]+(\\.[0-9]+){3}|\\[[0-9a-fA-F:.]+]");

  private final List<String> hosts;
  private final boolean anyHost;
  private final boolean secure;
  private final @Nullable Token token;

  Guard(GatewayOptions options) {
    this.hosts = options.hosts.stream().map(host -> host.toLowerCase(Locale.ROOT)).toList();
    this.anyHost = hosts.isEmpty() && !options.address.getAddress().isLoopbackAddress();
    this.secure = options.tls.isPresent();
    this.token = options.token.map(Token::new).orElse(null);
  }

  /**
   * Refuses a request, or not.
   *
   * @throws HttpException 421 for a name, 403 for a site, 401 for a token
   */
  void check(Call call) throws HttpException {
    checkHost(call.request().authority());
    checkSite(call);
    String path = call.target().path();
    if (!path.equals("/healthz") && !Pages.isOpen(path) && !isKnown(call)) {
      throw new HttpException(
          401, "a token is needed", Headers.of("www-authenticate", "Bearer realm=\"segue\""));
    }
  }

  private void checkHost(String authority) throws HttpException {
    String host = hostOf(authority);
    boolean known =
        anyHost
            || host.equals("localhost")
            || ADDRESS.matcher(host).matches()
            || hosts.contains(host);
    if (!known) {
      throw new HttpException(421, "host " + host + ": not a name of this gateway (--host)");
    }
  }

  private static String hostOf(String authority) {
    int colon = authority.lastIndexOf(':');
    boolean port = colon > authority.lastIndexOf(']');
    return (port ? authority.substring(0, colon) : authority).toLowerCase(Locale.ROOT);
  }

  private static void checkSite(Call call) throws HttpException {
    boolean opensPage =
        call.method().equals("GET")
            && call.header("sec-fetch-mode").equals("navigate")
            && call.header("sec-fetch-dest").equals("document");
    String site = call.header("sec-fetch-site");
    boolean foreignSite = site.equals("cross-site") || site.equals("same-site");
    String origin = call.header("origin");
    boolean foreignOrigin = !origin.isEmpty() && !isOwn(origin, call.request().authority());
    if (foreignOrigin || (foreignSite && !opensPage)) {
      throw new HttpException(403, "requests of other sites are refused");
    }
  }

  /** The scheme may differ, as a proxy in front may speak TLS for us. */
  private static boolean isOwn(String origin, String authority) {
    int slashes = origin.indexOf("://");
    return slashes > 0 && plain(origin.substring(slashes + 3)).equals(plain(authority));
  }

  private static String plain(String authority) {
    return authority.toLowerCase(Locale.ROOT).replaceFirst(":(80|443)$", "");
  }

  private boolean isKnown(Call call) {
    return token == null
        || token.isBearer(call.header("authorization"))
        || token.isCookie(call.allOf("cookie", "; "));
  }

  /** What answers a client that has shown the token: the cookie, as at {@link #login}. */
  Headers session() {
    Headers headers = Headers.of("cache-control", "no-store");
    return token == null ? headers : headers.with("set-cookie", token.cookie(secure));
  }

  /**
   * Where {@code /?token=…} leads: to the page, with a cookie, so that a browser shows the token
   * from then on and no address has it. Empty where no token is asked or it is another one.
   */
  Optional<Headers> login(Call call) {
    String shown = call.target().query("token", "");
    if (token == null || !call.target().path().equals("/") || !token.is(shown)) {
      return Optional.empty();
    }
    return Optional.of(
        Headers.of(
            "location", "/", "set-cookie", token.cookie(secure), "cache-control", "no-store"));
  }
}
