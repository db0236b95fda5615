package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the core says of itself under keys that begin with {@code @}. */
@Timeout(120)
@SuppressWarnings("try") // closes by hand
class AdminSpaceTest {
  private static Map<String, String> ask(Session session, String key) throws Exception {
    Map<String, String> found = new TreeMap<>();
    GetOptions options = GetOptions.defaults().timeout(Await.LONG);
    for (Reply reply : session.get(Selector.of(KeyExpr.of(key)), options)) {
      Sample sample = assertInstanceOf(Reply.Success.class, reply).sample();
      assertEquals(Encoding.APPLICATION_JSON, sample.encoding());
      found.put(sample.keyExpr().toString(), sample.payload().copyToUtf8String());
    }
    return found;
  }

  @Test
  void aSessionHasItsTransportsAndLinksThere() throws Exception {
    try (Pair pair = Pair.overNetwork()) {
      String node = "@/" + pair.near().zid() + "/session/transport/unicast/" + pair.far().zid();
      Map<String, String> found = ask(pair.near(), "@/" + pair.near().zid() + "/session/**");
      assertEquals(2, found.size(), found::toString);
      String transport = String.valueOf(found.remove(node));
      assertTrue(transport.contains("\"whatami\":\"peer\""), transport);
      String link = found.keySet().iterator().next();
      assertTrue(link.startsWith(node + "/link/"), link);
      String dst = "\"dst\":\"" + pair.near().links().getFirst().destination() + "\"";
      assertTrue(String.valueOf(found.get(link)).contains(dst), found::toString);
      assertEquals(Map.of(), ask(pair.far(), "@/" + pair.near().zid() + "/session/**"));
    }
  }

  @Test
  void changesThereAreSamples() throws Exception {
    try (Session far = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        Subscriber subscriber =
            far.declareSubscriber(KeyExpr.of("@/" + far.zid() + "/session/transport/unicast/*"))) {
      Session near = Session.open(Config.isolated().connect(far.locators().getFirst()));
      String key = "@/" + far.zid() + "/session/transport/unicast/" + near.zid();
      near.close();
      for (SampleKind kind : SampleKind.values()) {
        try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
          assertEquals(key, sample.keyExpr().toString());
          assertEquals(kind, sample.kind());
        }
      }
    }
  }

  @Test
  void aNodeWithAnAdminSpaceSaysItsVersionToOthersAsWell() throws Exception {
    Config config = Config.isolated().set("adminspace/enabled", "true").listen("tcp/127.0.0.1:0");
    try (Session far = Session.open(config);
        Session near = Session.open(Config.isolated().connect(far.locators().getFirst()))) {
      Await.until("a connection", () -> near.peers().contains(far.zid()));
      String key = "@/" + far.zid() + "/peer";
      Map<String, String> found = ask(near, key);
      assertEquals(Set.of(key), found.keySet());
      assertTrue(String.valueOf(found.get(key)).contains("\"version\":\""), found::toString);
    }
  }

  /** Each of two, which are of one protocol. */
  @Test
  void theMetricsOfANodeAreThereByLink() throws Exception {
    Config config = Config.isolated().set("adminspace/enabled", "true").listen("tcp/127.0.0.1:0");
    try (Session far = Session.open(config);
        Session near = Session.open(Config.isolated().connect(far.locators().getFirst()));
        Session other = Session.open(Config.isolated().connect(far.locators().getFirst()))) {
      Await.until("connections", () -> far.peers().size() == 2);
      for (String parameters :
          new String[] {"compression=false", "compression=false;per_link=false"}) {
        Selector selector =
            new Selector(KeyExpr.of("@/" + far.zid() + "/peer/metrics"), Parameters.of(parameters));
        try (Replies replies = near.get(selector, GetOptions.defaults().timeout(Await.LONG));
            Reply reply = replies.receive(Await.LONG).orElseThrow()) {
          String text =
              assertInstanceOf(Reply.Success.class, reply).sample().payload().copyToUtf8String();
          for (Session session : new Session[] {near, other}) {
            String label = "remote_zid=\"" + session.zid() + "\"";
            long count =
                text.lines()
                    .filter(line -> line.startsWith("zenoh_tx_bytes_total{"))
                    .filter(line -> line.contains(label))
                    .count();
            assertEquals(parameters.endsWith("per_link=false") ? 0 : 1, count, text);
          }
        }
      }
    }
  }
}
