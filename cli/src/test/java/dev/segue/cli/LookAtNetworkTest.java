package dev.segue.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Queryable;
import dev.segue.zenoh.QueryableOptions;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands for each payload, and what routers know of topics. */
@Timeout(240)
class LookAtNetworkTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  @TempDir Path directory;

  private SegueProcess connected(Session session, String... arguments) throws Exception {
    String[] all = new String[arguments.length + 3];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "-e";
    all[arguments.length + 1] = session.locators().getFirst();
    all[arguments.length + 2] = "--no-scouting";
    return SegueProcess.start(directory, all);
  }

  private static void publish(Session session, String... texts) throws Exception {
    PublisherOptions options = PublisherOptions.blocking().encoding(Encoding.ZENOH_STRING);
    try (Publisher publisher = session.declarePublisher(KeyExpr.of("a/b"), options)) {
      assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
      for (String text : texts) {
        publisher.put(SegmentedBytes.copyOfUtf8(text));
      }
    }
  }

  @Test
  void eachPayloadIsTheInputOfACommand() throws Exception {
    String command = "printf '%s %s ' \"$SEGUE_KEY\" \"$SEGUE_ENCODING\"; cat; echo";
    try (Session session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        SegueProcess sub = connected(session, "sub", "a/*", "-n", "2", "--exec", command)) {
      publish(session, "one", "two");
      assertEquals(0, sub.await(), sub.err());
      assertEquals("a/b zenoh/string one\na/b zenoh/string two\n", sub.out());
    }
  }

  @Test
  void aCommandThatFailsEndsItAndOneThatReadsNothingDoesnt() throws Exception {
    String command =
        "exec <&-; if [ -e \"$XDG_STATE_HOME\" ]; then exit 3; fi; : >\"$XDG_STATE_HOME\"";
    try (Session session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        SegueProcess sub = connected(session, "sub", "a/*", "--exec", command)) {
      publish(session, "x".repeat(1 << 20), "two");
      assertEquals(1, sub.await());
      assertTrue(sub.err().contains(": status=3, at a sample of a/b"), sub.err());
    }
  }

  @Test
  void topicsSaysWhatARouterKnows() throws Exception {
    Config config =
        Config.fromJson5("{ mode: 'router', adminspace: { enabled: true } }")
            .scouting(false)
            .listen("tcp/127.0.0.1:0");
    try (Session router = Session.open(config);
        Subscriber _ = router.declareSubscriber(KeyExpr.of("robot/*/state"));
        Queryable _ =
            router.declareQueryable(KeyExpr.of("robot/map"), QueryableOptions.defaults());
        Subscriber _ = router.declareSubscriber(KeyExpr.of("other/state"));
        SegueProcess topics =
            connected(router, "topics", "robot/**", "--seconds", "0.5", "--json")) {
      assertEquals(0, topics.await(), topics.err());
      String out = topics.out();
      String zid = router.zid().toString();
      assertTrue(out.contains("{\"kind\":\"router\",\"router\":\"" + zid + "\"}"), out);
      assertTrue(
          out.contains(
              "{\"key\":\"robot/*/state\",\"kind\":\"subscriber\",\"router\":\"" + zid + "\"}"),
          out);
      assertTrue(
          out.contains("{\"key\":\"robot/map\",\"kind\":\"queryable\",\"router\":\"" + zid + "\"}"),
          out);
      assertTrue(!out.contains("other/state"), out);
    }
  }
}
