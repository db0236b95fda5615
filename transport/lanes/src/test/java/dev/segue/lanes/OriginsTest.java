package dev.segue.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.iceoryx2.Node;
import dev.segue.iceoryx2.PublishSubscribe;
import dev.segue.iceoryx2.PublisherOptions;
import dev.segue.iceoryx2.Qos;
import dev.segue.zenoh.ZenohId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
@Timeout(120)
class OriginsTest {
  private static final int COUNT = 60;

  private static Announcement publisher(int number) {
    return new Announcement(
        HostId.text(), Announcement.Offer.OVERFLOW, new ZenohId(1, 2), number, "key/" + number);
  }

  /** What is read already has its turn in between. */
  @Test
  void publishersThatComeAtOnceAreOpenedAFewAtATime() throws Exception {
    String prefix = Wire.newPrefix();
    try (Announced announced = new Announced(prefix);
        Origins origins = announced.origins(LaneChoice.NEAREST)) {
      origins.update();
      assertTrue(origins.hasMore());
      assertTrue(origins.hasNear());
      assertFalse(origins.allNear());
      long first = announced.openedCount();
      assertTrue(first < COUNT, "opened=" + first);
      origins.update(); // at once: nothing more is opened for as long as that took
      assertEquals(first, announced.openedCount());
      while (origins.hasMore()) {
        Thread.sleep(1);
        origins.update();
      }
      assertEquals(COUNT, announced.openedCount());
      assertTrue(announced.changes.isEmpty());
    }
    Wire.assertNothingLeft(prefix);
  }

  /** What they put until then would be lost. */
  @Test
  void withoutZenohTheyAreOpenedAtOnce() throws Exception {
    String prefix = Wire.newPrefix();
    try (Announced announced = new Announced(prefix);
        Origins origins = announced.origins(LaneChoice.ICEORYX2)) {
      origins.update();
      assertFalse(origins.hasMore());
      assertEquals(COUNT, announced.openedCount());
    }
    Wire.assertNothingLeft(prefix);
  }

  /** As many publishers on this host, none of which is opened yet. */
  private static final class Announced implements AutoCloseable {
    final Changes changes = new Changes();
    private final Node theirs;
    private final Node ours;
    private final Doorbell doorbell;
    private final List<PublishSubscribe> services = new ArrayList<>();

    Announced(String prefix) throws Exception {
      theirs = Wire.node(prefix);
      ours = Wire.node(prefix);
      doorbell = new Doorbell(ours);
      for (int i = 0; i < COUNT; i++) {
        PublishSubscribe service =
            theirs.publishSubscribe(publisher(i).serviceName(), Qos.defaults());
        service.newPublisher(PublisherOptions.of(Long.BYTES));
        services.add(service);
        changes.heard(publisher(i).tokenKey(), true);
      }
    }

    Origins origins(LaneChoice choice) throws Exception {
      return new Origins(ours, choice, false, changes, doorbell);
    }

    long openedCount() {
      return services.stream().filter(each -> each.subscriberCount() == 1).count();
    }

    @Override
    public void close() {
      doorbell.close();
      ours.close();
      theirs.close();
    }
  }
}
