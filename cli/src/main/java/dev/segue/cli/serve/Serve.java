package dev.segue.cli.serve;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.ProgressLine;
import dev.segue.cli.zenoh.Connections;
import dev.segue.cli.zenoh.LaneOption;
import dev.segue.cli.zenoh.ZenohOptions;
import dev.segue.gateway.Gateway;
import dev.segue.gateway.GatewayOptions;
import dev.segue.http2.Tls;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Puts Zenoh topics and objects on HTTP/2 until it is ended. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Puts Zenoh topics and objects on HTTP/2, for browsers and any HTTP client:",
      "",
      "  /                    a page with all topics, live",
      "  /topics              the topics and their figures, as JSON",
      "  /topics/KEY          GET the newest payload, PUT or DELETE one",
      "  /topics/KEY?stream   every payload as it comes",
      "  /topics/KEY?query    what queryables answer, with --allow-query",
      "  /objects/NAME/KEY    GET, HEAD, PUT, DELETE of objects under a root",
      "  WebSockets           samples both ways (segue.v1), a live server for Foxglove",
      "  /metrics, /healthz   for Prometheus, for a watchdog",
      "",
      "By default it listens only on this machine, over TLS, and allows no writes.",
      "Ctrl-C ends it.",
      ""
    })
public final class Serve implements Callable<Integer> {
  private static final int TOKEN_BYTE_SIZE = 16;
  private static final Duration IDENTITY_PERIOD = Duration.ofSeconds(2);

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private ListenOptions listen = new ListenOptions();
  @Mixin private AccessOptions access = new AccessOptions();
  @Mixin private ZenohOptions zenoh = new ZenohOptions();
  @Mixin private LaneOption lane = new LaneOption();

  @Option(
      names = "--max-put",
      paramLabel = "MIB",
      defaultValue = "64",
      description = "The largest payload that may be put to a topic, in MiB (default: 64).")
  private int putMebibytes;

  @Option(
      names = "--max-topics",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Topics that are remembered (default: ${DEFAULT-VALUE}).")
  private int topicCount;

  @Option(
      names = "--max-values",
      paramLabel = "MIB",
      defaultValue = "256",
      description = "Memory for the newest payloads of all topics, in MiB (default: 256).")
  private int valueMebibytes;

  @Option(
      names = "--max-live",
      paramLabel = "N",
      defaultValue = "1000",
      description =
          "Streams of samples, WebSockets and waiting requests at a time, half of them for one"
              + " address (default: ${DEFAULT-VALUE}).")
  private int liveCount;

  private Serve() {}

  @Override
  public Integer call() throws CommandFailedException {
    listen.validate();
    if (putMebibytes < 1 || topicCount < 1 || valueMebibytes < 1 || liveCount < 1) {
      throw new ParameterException(
          spec.commandLine(), "--max-put, --max-topics, --max-values and --max-live: from 1");
    }
    InetSocketAddress address = listen.address();
    boolean beyondMachine = !address.getAddress().isLoopbackAddress();
    Optional<String> token = access.token();
    boolean madeUp =
        token.isEmpty()
            && beyondMachine
            && !access.isOpen()
            && access.accessFile().isEmpty()
            && !listen.asksForCertificates();
    if (madeUp) {
      token = Optional.of(newToken());
    }
    Optional<IdentityFiles> identity = listen.identity();
    run(config(), options(address, token), identity, madeUp ? token : Optional.empty());
    return 130;
  }

  private GatewayOptions options(InetSocketAddress address, Optional<String> token) {
    try {
      return gatewayOptions(address, token);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private GatewayOptions gatewayOptions(InetSocketAddress address, Optional<String> token) {
    GatewayOptions options =
        GatewayOptions.defaults()
            .address(address)
            .limits(listen.limits())
            .hosts(listen.hosts())
            .readable(access.readable())
            .writable(access.writable())
            .askable(access.askable())
            .origins(access.origins())
            .roots(access.roots())
            .maxPutByteSize((long) putMebibytes << 20)
            .bodiesByteSize(Math.max(256L, 4L * putMebibytes) << 20)
            .maxTopicCount(topicCount)
            .maxStreamCount(liveCount)
            .maxValueByteSize((long) valueMebibytes << 20);
    if (token.isPresent()) {
      options = options.token(token.get());
    }
    if (access.accessFile().isPresent()) {
      options = options.accessFile(access.accessFile().get());
    }
    return options;
  }

  private Config config() {
    try {
      return zenoh.config();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private void run(
      Config config, GatewayOptions given, Optional<IdentityFiles> identity, Optional<String> shown)
      throws CommandFailedException {
    PrintWriter out = spec.commandLine().getOut();
    GatewayOptions options = given;
    String state = identity.map(IdentityFiles::state).orElse("");
    Optional<Tls> tls = Optional.empty();
    try {
      if (identity.isPresent()) {
        tls = Optional.of(identity.get().read());
        options = options.tls(tls.get());
      }
    } catch (IOException e) {
      throw new CommandFailedException(String.valueOf(e.getMessage()), e);
    }
    ProgressLine progress = showing("joining the Zenoh network");
    try (Session session = Session.open(config);
        Connections _ = Connections.watch(session, config, this::say);
        LaneOption.Opened lanes = lane.open(session, this::say);
        Gateway gateway =
            Gateway.start(
                session,
                lanes.isZenohAlone()
                    ? options
                    : options.lanes((keys, with) -> lanes.subscribe(keys, with).asFeed()))) {
      progress.close();
      Thread end = new Thread(() -> close(gateway, lanes, session));
      Runtime.getRuntime().addShutdownHook(end);
      // The address that was asked for: 0.0.0.0 is bound as ::, whose names no certificate has.
      InetAddress asked = listen.address().getAddress();
      InetSocketAddress address = new InetSocketAddress(asked, gateway.address().getPort());
      for (String url : urls(address, tls.isPresent(), shown)) {
        out.println("serving on " + url);
      }
      tls.ifPresent(each -> out.println("certificate sha256 " + IdentityFiles.fingerprint(each)));
      out.flush();
      if (identity.isEmpty()) {
        Thread.currentThread().join();
      }
      watch(gateway, identity.get(), state, out);
    } catch (ZenohException | IOException e) {
      throw new CommandFailedException(String.valueOf(e.getMessage()), e);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      progress.close();
    }
  }

  private void say(String text) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(spec.qualifiedName() + ": " + text);
    err.flush();
  }

  private ProgressLine showing(String what) {
    ProgressLine line = ProgressLine.on(spec.commandLine().getErr());
    line.show(what);
    return line;
  }

  /** Takes a certificate that was replaced, for the connections that come then. */
  private static void watch(Gateway gateway, IdentityFiles identity, String before, PrintWriter out)
      throws InterruptedException {
    String seen = before;
    while (true) {
      Thread.sleep(IDENTITY_PERIOD);
      String now = identity.state();
      if (now.equals(seen) || now.isEmpty()) {
        continue;
      }
      try {
        Tls tls = identity.read();
        gateway.replaceTls(tls);
        seen = now;
        out.println("certificate sha256 " + IdentityFiles.fingerprint(tls));
        out.flush();
      } catch (IOException | IllegalArgumentException e) {
        // Half of it was written, or it is none: the one from before stays, and it looks again.
      }
    }
  }

  private static void close(Gateway gateway, LaneOption.Opened lanes, Session session) {
    gateway.close();
    lanes.close();
    session.close();
  }

  /** Returns the addresses that others can open, after the one for this machine. */
  private static List<String> urls(
      InetSocketAddress address, boolean secure, Optional<String> token) {
    InetAddress where = address.getAddress();
    List<String> hosts = new ArrayList<>();
    if (where.isLoopbackAddress() || where.isAnyLocalAddress()) {
      hosts.add("localhost");
    }
    if (!where.isLoopbackAddress()) {
      hosts.addAll(LocalNames.addresses(where));
    }
    return hosts.stream()
        .map(
            host ->
                (secure ? "https://" : "http://")
                    + (host.indexOf(':') >= 0 ? "[" + host + "]" : host)
                    + ":"
                    + address.getPort()
                    + "/"
                    + token.map(secret -> "?token=" + secret).orElse(""))
        .toList();
  }

  private static String newToken() {
    byte[] secret = new byte[TOKEN_BYTE_SIZE];
    new SecureRandom().nextBytes(secret);
    return HexFormat.of().formatHex(secret);
  }
}
