package dev.segue.gateway;

import dev.segue.http2.Headers;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Lets requests in: by the name that they are made to, by the site that they come from, by the
 * token that they show.
 *
 * <p>A page of another site can make a browser send requests here, and can make a name of its own
 * mean this machine (DNS rebinding). So a gateway on the loopback interface only answers to the
 * names of that, to an address, or to the names it was given; and what a browser says comes from
 * another site is refused, unless that origin was allowed.
 */
final class Guard {
  private static final Pattern ADDRESS = Pattern.compile("[0-9]+(\\.[0-9]+){3}|\\[[0-9a-fA-F:.]+]");

  private final List<String> hosts;
  private final List<String> origins;
  private final boolean anyHost;

  /** Whether cookies are for TLS in any case. */
  private final boolean secure;

  private final @Nullable AccessToken own;
  private final @Nullable AccessFile file;
  private final @Nullable Authorizer authorizer;

  /** Wrong tokens. */
  private final AddressRate guesses = new AddressRate(20, Duration.ofSeconds(3));

  Guard(GatewayOptions options) throws IOException {
    this.hosts = options.hosts.stream().map(host -> host.toLowerCase(Locale.ROOT)).toList();
    this.origins = options.origins.stream().map(each -> each.toLowerCase(Locale.ROOT)).toList();
    this.anyHost = hosts.isEmpty() && !options.address.getAddress().isLoopbackAddress();
    this.secure = options.tls.isPresent();
    this.own =
        options
            .token
            .map(secret -> new AccessToken(new Token(secret), Grant.all(), Optional.empty()))
            .orElse(null);
    this.file = options.accessFile.isPresent() ? new AccessFile(options.accessFile.get()) : null;
    this.authorizer = options.authorizer.orElse(null);
  }

  /** Looks whether the access file was changed. */
  void reload() {
    if (file != null) {
      file.reload();
    }
  }

  /**
   * Refuses a request, or gives the call what it may.
   *
   * @throws HttpException 421 for a name, 403 for a site, 401 for a token, 429 for too many wrong
   *     tokens
   */
  void check(GatewayExchange call) throws HttpException {
    checkHost(call.request().authority());
    checkSite(call);
    String path = call.target().path();
    boolean open = path.equals("/healthz") || Pages.isOpen(path);
    if (open && !call.exchange().isWebSocket()) {
      return;
    }
    Authorizer asked = authorizer;
    Optional<Grant> grant = Optional.empty();
    if (asked != null) {
      grant =
          asked.authorize(
              new Authorizer.Client(
                  call.request(),
                  call.exchange().remoteAddress(),
                  call.exchange().clientCertificate()));
    } else if (own == null && file == null) {
      return;
    }
    if (grant.isPresent()) {
      call.grant(grant.get(), () -> true);
      return;
    }
    Optional<AccessToken> token = own == null && file == null ? Optional.empty() : shown(call);
    if (token.isEmpty()) {
      throw new HttpException(
          401, "a token is needed", Headers.of("www-authenticate", "Bearer realm=\"segue\""));
    }
    AccessToken found = token.get();
    call.grant(found.grant(), () -> isStillValid(found));
  }

  /** Returns whether a token has not ended, nor been taken out of the file or changed there. */
  private boolean isStillValid(AccessToken token) {
    return token.isValid(Instant.now()) && tokens().stream().anyMatch(token::isSame);
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

  private static int portColon(String authority) {
    int colon = authority.lastIndexOf(':');
    return colon > authority.lastIndexOf(']') ? colon : -1;
  }

  private static String hostOf(String authority) {
    int colon = portColon(authority);
    return (colon < 0 ? authority : authority.substring(0, colon)).toLowerCase(Locale.ROOT);
  }

  private void checkSite(GatewayExchange call) throws HttpException {
    boolean opensPage =
        call.method().equals("GET")
            && call.header("sec-fetch-mode").equals("navigate")
            && call.header("sec-fetch-dest").equals("document");
    String site = call.header("sec-fetch-site");
    boolean foreignSite = site.equals("cross-site") || site.equals("same-site");
    String origin = call.header("origin");
    boolean allowed = isAllowedOrigin(origin);
    boolean foreignOrigin = !origin.isEmpty() && !allowed && !isOwn(call, origin);
    if (foreignOrigin || (foreignSite && !opensPage && !allowed)) {
      throw new HttpException(403, "requests of other sites are refused (--allow-origin)");
    }
  }

  /** Returns whether an origin was allowed, RFC 6454: scheme, host and port must be the same. */
  boolean isAllowedOrigin(String origin) {
    return !origin.isEmpty() && origins.contains(origin.toLowerCase(Locale.ROOT));
  }

  /** A proxy in front may speak TLS for us, and says so. */
  private boolean isOwn(GatewayExchange call, String origin) {
    int slashes = origin.indexOf("://");
    if (slashes < 0) {
      return false;
    }
    String scheme = origin.substring(0, slashes).toLowerCase(Locale.ROOT);
    return scheme.equals(schemeOf(call))
        && withPort(origin.substring(slashes + 3), scheme)
            .equals(withPort(call.request().authority(), scheme));
  }

  private String schemeOf(GatewayExchange call) {
    boolean tls = isTls(call) || call.header("x-forwarded-proto").equalsIgnoreCase("https");
    return tls ? "https" : "http";
  }

  /** Of a server of its own, or of the one that it is mounted on. */
  private boolean isTls(GatewayExchange call) {
    return secure || call.exchange().isTls();
  }

  private static String withPort(String authority, String scheme) {
    String small = authority.toLowerCase(Locale.ROOT);
    return portColon(small) >= 0 ? small : small + (scheme.equals("https") ? ":443" : ":80");
  }

  private List<AccessToken> tokens() {
    List<AccessToken> all = new ArrayList<>();
    if (own != null) {
      all.add(own);
    }
    if (file != null) {
      all.addAll(file.tokens());
    }
    return all;
  }

  /** The token that a request shows, as it is or as a cookie. */
  private Optional<AccessToken> shown(GatewayExchange call) throws HttpException {
    // A browser's WebSocket can't have header fields of its own.
    String bearer =
        call.exchange().isWebSocket() && call.target().has("token")
            ? call.target().query("token", "")
            : Token.bearerOf(call.header("authorization"));
    String cookie = Token.cookieOf(call.allOf("cookie", "; "), cookieName(call));
    if (bearer.isEmpty() && cookie.isEmpty()) {
      return Optional.empty();
    }
    return find(call, bearer, cookie);
  }

  private Optional<AccessToken> find(GatewayExchange call, String bearer, String cookie)
      throws HttpException {
    boolean tooMany = !bearer.isEmpty() && guesses.isExhausted(call.client());
    if (tooMany && cookie.isEmpty()) {
      throw new HttpException(
          429, "too many wrong tokens from this address", Headers.of("retry-after", "60"));
    }
    Instant now = Instant.now();
    Token.Shown secret = new Token.Shown(bearer);
    Token.Shown ofCookie = new Token.Shown(cookie);
    Optional<AccessToken> found = Optional.empty();
    for (AccessToken each : tokens()) { // All, so that the time says nothing.
      boolean sameSecret = each.token().is(secret);
      boolean sameCookie = each.token().isCookie(ofCookie);
      if (((sameSecret && !tooMany) || sameCookie) && each.isValid(now)) {
        found = Optional.of(each);
      }
    }
    // An old cookie is not a guess: browsers show it as long as they have it.
    if (found.isEmpty() && !bearer.isEmpty()) {
      guesses.record(call.client());
    }
    return found;
  }

  /**
   * Gateways on several ports of a host would share a cookie of one name. Those of one server have
   * a path each.
   */
  private String cookieName(GatewayExchange call) {
    String authority = withPort(call.request().authority(), schemeOf(call));
    String port = authority.substring(portColon(authority) + 1);
    boolean number = !port.isEmpty() && port.chars().allMatch(c -> c >= '0' && c <= '9');
    return number ? "segue-" + port : "segue";
  }

  private static String cookiePath(GatewayExchange call) {
    return call.prefix() + "/";
  }

  /** Returns what answers a client that has shown its token: the cookie, as at {@link #login}. */
  Headers session(GatewayExchange call) throws HttpException {
    Headers headers = Headers.of("cache-control", "no-store");
    return shown(call)
        .map(
            each ->
                headers.with(
                    "set-cookie",
                    each.token().cookie(cookieName(call), cookiePath(call), isTls(call))))
        .orElse(headers);
  }

  /** Returns what answers a client that logs out. */
  Headers noSession(GatewayExchange call) {
    return Headers.of(
        "cache-control",
        "no-store",
        "set-cookie",
        Token.noCookie(cookieName(call), cookiePath(call), isTls(call)));
  }

  /**
   * Returns where {@code /?token=…} leads: to the page, with a cookie, so that a browser shows the
   * token from then on and no address has it. Empty where no token is asked or it is another one.
   * Called after {@link #check}.
   */
  Optional<Headers> login(GatewayExchange call) throws HttpException {
    String secret = call.target().query("token", "");
    if (secret.isEmpty() || !call.target().path().equals("/") || (own == null && file == null)) {
      return Optional.empty();
    }
    return find(call, secret, "")
        .map(
            each ->
                Headers.of(
                    "location",
                    call.prefix() + "/",
                    "set-cookie",
                    each.token().cookie(cookieName(call), cookiePath(call), isTls(call)),
                    "cache-control",
                    "no-store"));
  }
}
