package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Looking for nodes by multicast on the loopback interface. */
@Timeout(120)
@SuppressWarnings("try") // closes by hand
class ScoutTest {
  /** Of this machine and this test alone. */
  private static Config multicast(boolean enabled) {
    return Config.isolated()
        .set("scouting/multicast/enabled", Boolean.toString(enabled))
        .set("scouting/multicast/interface", "\"lo\"")
        .set("scouting/multicast/address", "\"224.0.0.225:17446\"");
  }

  @Test
  void aNodeThatListensSaysHello() throws Exception {
    try (Session session = Session.open(multicast(true).listen("tcp/127.0.0.1:0"));
        Scout scout = Scout.start(multicast(true), EnumSet.allOf(Mode.class))) {
      Hello hello = scout.receive(Await.LONG).orElseThrow();
      while (!hello.zid().equals(session.zid())) {
        hello = scout.receive(Await.LONG).orElseThrow();
      }
      assertEquals(Mode.PEER, hello.mode());
      assertTrue(hello.locators().containsAll(session.locators()), hello::toString);
    }
  }

  @Test
  void onlyWhatIsLookedForSaysHello() throws Exception {
    try (Session session = Session.open(multicast(true).listen("tcp/127.0.0.1:0"));
        Scout scout = Scout.start(multicast(true), Set.of(Mode.ROUTER))) {
      Optional<Hello> hello = scout.receive(Duration.ofMillis(500));
      assertTrue(hello.isEmpty() || !hello.get().zid().equals(session.zid()));
    }
  }

  @Test
  void closingStopsItAndWakesWhoWaits() throws Exception {
    Scout scout = Scout.start(multicast(true), Set.of(Mode.ROUTER));
    Thread waiting =
        Threads.start(
            () ->
                assertThrows(IllegalStateException.class, () -> scout.receive(Duration.ofDays(1))));
    Await.busy(waiting);
    assertTrue(scout.close(Await.LONG));
    scout.close();
    assertTrue(scout.close(Duration.ZERO));
    Await.ended(waiting);
    assertTrue(scout.isClosed());
    assertThrows(IllegalStateException.class, scout::tryReceive);
  }

  @Test
  void lookingForNothingIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> Scout.start(multicast(true), Set.of()));
  }
}
