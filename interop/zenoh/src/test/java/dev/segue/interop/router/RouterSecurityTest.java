package dev.segue.interop.router;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Mode;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.Verdict;
import dev.segue.zenoh.ZenohException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A router that lets in whom it knows, and through what it may. */
@Timeout(180)
class RouterSecurityTest {
  private static final KeyExpr OPEN = KeyExpr.of("open/number");
  private static final KeyExpr CLOSED = KeyExpr.of("closed/number");

  @TempDir private Path folder;

  private static Config user(Router router, Identity identity, String password) {
    return Config.isolated()
        .mode(Mode.CLIENT)
        .sharedMemory(false)
        .connect(router.endpoint("tls"))
        .set("transport/link/tls/root_ca_certificate", "'" + identity.certificate() + "'")
        .set("transport/auth/usrpwd", "{ user: 'robot', password: '" + password + "' }");
  }

  private static void openBriefly(Config config) throws ZenohException {
    Session.open(config.set("connect/timeout_ms", "500")).close();
  }

  @Test
  void aRouterWithTlsTakesWhoTrustsItAndHasThePassword() throws Exception {
    Identity identity = Identity.create(folder);
    Path users = Files.writeString(folder.resolve("users"), "robot:secret\n");
    String settings =
        "transport: { link: { tls: { listen_private_key: '"
            + identity.key()
            + "', listen_certificate: '"
            + identity.certificate()
            + "' } }, auth: { usrpwd: { user: 'router', password: 'other', dictionary_file: '"
            + users
            + "' } } }";
    Identity stranger = Identity.create(Files.createDirectory(folder.resolve("stranger")));
    try (Router router = Router.start(folder, "tls", settings);
        Session near = Session.open(user(router, identity, "secret"));
        Session far = Session.open(user(router, identity, "secret"));
        Subscriber subscriber = far.declareSubscriber(OPEN);
        Publisher publisher =
            Waits.matched(near.declarePublisher(OPEN, PublisherOptions.blocking()))) {
      Waits.put(publisher, 0, 100);
      assertEquals(Waits.range(0, 100), Waits.next(subscriber, 100));
      assertThrows(ZenohException.class, () -> openBriefly(user(router, identity, "wrong")));
      assertThrows(ZenohException.class, () -> openBriefly(user(router, stranger, "secret")));
    }
  }

  @Test
  void whatARouterMayNotForwardIsNotForwarded() throws Exception {
    String settings =
        "access_control: { enabled: true, default_permission: 'deny', rules: [{ id: 'open',"
            + " permission: 'allow', flows: ['ingress', 'egress'],"
            + " messages: ['put', 'declare_subscriber'], key_exprs: ['open/**'] }],"
            + " subjects: [{ id: 'all' }], policies: [{ rules: ['open'], subjects: ['all'] }] }";
    SubscriberOptions holding = SubscriberOptions.defaults().backlog(Backlog.hold(1024));
    try (Router router = Router.start(folder, "tcp", settings);
        Session near = Session.open(router.config(Mode.CLIENT));
        Session far = Session.open(router.config(Mode.CLIENT));
        Subscriber closed = far.declareSubscriber(CLOSED, holding);
        Subscriber open = far.declareSubscriber(OPEN, holding);
        Publisher denied = near.declarePublisher(CLOSED, PublisherOptions.blocking());
        Publisher allowed =
            Waits.matched(near.declarePublisher(OPEN, PublisherOptions.blocking()))) {
      // The router knows both subscribers by now: it learned of the denied one first.
      assertFalse(denied.hasMatchingSubscribers());
      assertEquals(Verdict.NOBODY, denied.tryPut(Waits.number(7)).verdict());
      Waits.put(denied, 0, 10);
      Waits.put(allowed, 0, 10);
      assertEquals(Waits.range(0, 10), Waits.next(open, 10));
      assertFalse(closed.receive(Duration.ZERO).isPresent());
    }
  }
}
