package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.zenoh.AccessControl.Message;
import dev.segue.zenoh.AccessControl.Rule;
import dev.segue.zenoh.AccessControl.Subject;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions that look who is at the other end, and what they let through. */
@Timeout(120)
class SecurityTest {
  @TempDir private static Path folder;
  private static Certificates files = new Certificates(Path.of(""));

  @BeforeAll
  static void makeCertificates() throws Exception {
    files = Certificates.make(folder);
  }

  private static TlsConfig ofServer() {
    return TlsConfig.defaults()
        .trust(files.certificate("authority"))
        .listen(files.certificate("server"), files.key("server"));
  }

  private static Session listening(String protocol, TlsConfig tls) throws ZenohException {
    return Session.open(Config.isolated().tls(tls).listen(protocol + "/127.0.0.1:0"));
  }

  private static Config connecting(Session far) throws ZenohException {
    return Config.isolated().connect(far.locators().getFirst());
  }

  private static void assertConnects(Session far, Config config) throws Exception {
    try (Session near = Session.open(config)) {
      Await.until("a connection", () -> near.connectivity().endpoints().getFirst().isReached());
      assertEquals(List.of(far.zid()), near.peers());
    }
  }

  private static void assertRefused(Session far, Config config) throws Exception {
    try (Session near = Session.open(config)) {
      Await.until(
          "a refusal", () -> near.connectivity().endpoints().getFirst().failure().isPresent());
      assertEquals(List.of(), near.peers());
      assertTrue(!far.peers().contains(near.zid()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tls", "quic"})
  void whoTrustsTheAuthorityConnectsAndNobodyElse(String protocol) throws Exception {
    try (Session far = listening(protocol, ofServer())) {
      assertTrue(far.locators().getFirst().startsWith(protocol + "/"), far.locators()::toString);
      TlsConfig trusting = TlsConfig.defaults().trust(files.certificate("authority"));
      assertConnects(far, connecting(far).tls(trusting));
      TlsConfig other = TlsConfig.defaults().trust(files.certificate("stranger"));
      assertRefused(far, connecting(far).tls(other));
    }
  }

  /** Of what a client sends, the first datagram alone comes through. */
  @Test
  void whoBeginsAHandshakeOfQuicAndSaysNothingMoreHoldsUpNobody() throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    TlsConfig trusting = TlsConfig.defaults().trust(files.certificate("authority"));
    try (Session far = listening("quic", ofServer());
        DatagramSocket relay = new DatagramSocket(0, loopback)) {
      String locator = far.locators().getFirst();
      int port = Integer.parseInt(locator.substring(locator.lastIndexOf(':') + 1));
      Config silent = Config.isolated().tls(trusting);
      silent = silent.connect("quic/127.0.0.1:" + relay.getLocalPort());
      try (Session _ = Session.open(silent)) {
        DatagramPacket first = new DatagramPacket(new byte[2_048], 2_048);
        relay.setSoTimeout(20_000);
        relay.receive(first);
        first.setSocketAddress(new InetSocketAddress(loopback, port));
        relay.send(first);
        Thread.sleep(300);
        try (Session near = Session.open(connecting(far).tls(trusting))) {
          // It was half a minute.
          Await.until(
              "a connection", Duration.ofSeconds(15), () -> near.peers().contains(far.zid()));
        }
      }
    }
  }

  @Test
  void withMtlsWhoConnectsNeedsACertificateAsWell() throws Exception {
    try (Session far = listening("tls", ofServer().mtls(true))) {
      TlsConfig without = TlsConfig.defaults().trust(files.certificate("authority"));
      assertRefused(far, connecting(far).tls(without));
      TlsConfig stranger = without.connect(files.certificate("stranger"), files.key("stranger"));
      assertRefused(far, connecting(far).tls(stranger.mtls(true)));
      TlsConfig client = without.connect(files.certificate("client"), files.key("client"));
      try (Session near = Session.open(connecting(far).tls(client.mtls(true)))) {
        Await.until("a connection", () -> !far.links().isEmpty());
        assertEquals("client", far.links().getFirst().authIdentifier().orElseThrow());
        assertEquals(List.of(far.zid()), near.peers());
      }
    }
  }

  @Test
  void certificatesAsTextsAreKept() throws Exception {
    String tls = "transport/link/tls/";
    Config config =
        Config.isolated()
            .set(tls + "listen_private_key_base64", Certificates.base64(files.key("server")))
            .set(
                tls + "listen_certificate_base64", Certificates.base64(files.certificate("server")))
            .listen("tls/127.0.0.1:0");
    try (Session far = Session.open(config)) {
      String authority = Certificates.base64(files.certificate("authority"));
      Config trusting =
          Config.fromJson5(
              "{scouting:{multicast:{enabled:false}},listen:{endpoints:[]},transport:{link:{tls:"
                  + "{root_ca_certificate_base64:"
                  + authority
                  + "}}}}");
      assertEquals(authority, trusting.get(tls + "root_ca_certificate_base64"));
      assertConnects(far, trusting.connect(far.locators().getFirst()));
    }
  }

  @Test
  void whoDoesNotKnowThePasswordIsRefused() throws Exception {
    Path users = Files.writeString(folder.resolve("users"), "alice:secret\nbob:other\n");
    try (Session far =
        Session.open(Config.isolated().userPasswordFile(users).listen("tcp/127.0.0.1:0"))) {
      assertConnects(far, connecting(far).userPassword("alice", "secret"));
      assertRefused(far, connecting(far).userPassword("alice", "wrong"));
      assertRefused(far, connecting(far));
    }
  }

  /** The keys of what comes until {@code last} does. */
  private static List<String> keysUntil(String last, Subscriber subscriber) throws Exception {
    List<String> keys = new ArrayList<>();
    while (!keys.contains(last)) {
      try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
        keys.add(sample.keyExpr().toString());
      }
    }
    return keys;
  }

  private static void put(Session session, String... keys) throws ZenohException {
    for (String key : keys) {
      session.put(KeyExpr.of(key), Payloads.number(1));
    }
  }

  @Test
  void whatAccessControlDeniesIsHeldBack() throws Exception {
    AccessControl access =
        AccessControl.allowByDefault()
            .policy(
                Subject.anybody("all"),
                Rule.deny("secrets", KeyExpr.of("test/secret/**"), Message.PUT)
                    .flow(InterceptorFlow.EGRESS));
    try (Pair pair = Pair.open(near -> near.accessControl(access), far -> far);
        Subscriber subscriber = pair.far().declareSubscriber(KeyExpr.of("test/**"));
        Publisher open = pair.publisher(KeyExpr.of("test/open"));
        Publisher secret = pair.publisher(KeyExpr.of("test/secret/a"))) {
      PutResult held = secret.tryPut(Payloads.number(1));
      assertEquals(Verdict.DROPPED, held.verdict(), held::toString);
      secret.put(Payloads.number(2));
      open.put(Payloads.number(3));
      assertEquals(List.of("test/open"), keysUntil("test/open", subscriber));
    }
  }

  @Test
  void whoItIsDecidesWhatGetsThrough() throws Exception {
    Path users = Files.writeString(folder.resolve("people"), "alice:a\nbob:b\n");
    KeyExpr all = KeyExpr.of("test/**");
    AccessControl access =
        AccessControl.denyByDefault()
            .policy(
                Subject.anybody("anybody"),
                Rule.allow("listen", all, Message.DECLARE_SUBSCRIBER),
                Rule.allow("talk", KeyExpr.of("test/open"), Message.PUT))
            .policy(Subject.user("alice", "alice"), Rule.allow("alice", all, Message.PUT));
    Config config =
        Config.isolated().userPasswordFile(users).accessControl(access).listen("tcp/127.0.0.1:0");
    try (Session far = Session.open(config);
        Subscriber subscriber = far.declareSubscriber(all)) {
      for (String user : List.of("bob", "alice")) {
        Config who = connecting(far).userPassword(user, user.substring(0, 1));
        try (Session near = Session.open(who);
            Publisher publisher = near.declarePublisher(KeyExpr.of("test/open"))) {
          Await.matched(publisher);
          put(near, "test/closed", "test/open");
          assertEquals(
              user.equals("bob") ? List.of("test/open") : List.of("test/closed", "test/open"),
              keysUntil("test/open", subscriber));
        }
      }
    }
  }

  @Test
  void whatComesTooOftenOrIsTooLargeIsHeldBack() throws Exception {
    Config config =
        Config.isolated()
            .downsampling(
                Downsampling.of(KeyExpr.of("test/often/**"), 0.0001)
                    .where(Interceptor.of(DataMessage.PUT).flow(InterceptorFlow.EGRESS)))
            .lowPassFilter(LowPassFilter.of(KeyExpr.of("test/large/**"), 1000));
    try (Session far = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        Subscriber subscriber = far.declareSubscriber(KeyExpr.of("test/**"));
        Session near = Session.open(config.connect(far.locators().getFirst()));
        Publisher last = near.declarePublisher(KeyExpr.of("test/last"))) {
      Await.matched(last);
      put(near, "test/often/a", "test/often/a", "test/often/b");
      near.put(KeyExpr.of("test/large/a"), Payloads.random(1001, 1));
      near.put(KeyExpr.of("test/large/b"), Payloads.random(999, 1));
      last.put(Payloads.number(1));
      assertEquals(
          List.of("test/often/a", "test/large/b", "test/last"), keysUntil("test/last", subscriber));
    }
  }
}
