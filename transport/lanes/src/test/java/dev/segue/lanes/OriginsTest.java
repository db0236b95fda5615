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

  private static long openedCount(List<PublishSubscribe> services) {
    return services.stream().filter(each -> each.subscriberCount() == 1).count();
  }

  /** What is read already has its turn in between. */
  @Test
  void publishersThatComeAtOnceAreOpenedAFewAtATime() throws Exception {
    String prefix = Wire.newPrefix();
    try (Node theirs = Wire.node(prefix);
        Node ours = Wire.node(prefix);
        Doorbell doorbell = new Doorbell(ours)) {
      Changes changes = new Changes();
      List<PublishSubscribe> services = new ArrayList<>();
      for (int i = 0; i < COUNT; i++) {
        PublishSubscribe service =
            theirs.publishSubscribe(publisher(i).serviceName(), Qos.defaults());
        service.newPublisher(PublisherOptions.of(Long.BYTES));
        services.add(service);
        changes.heard(publisher(i).tokenKey(), true);
      }
      try (Origins origins = new Origins(ours, LaneChoice.NEAREST, false, changes, doorbell)) {
        origins.update();
        assertTrue(origins.hasMore());
        assertTrue(origins.hasNear());
        assertFalse(origins.allNear());
        long first = openedCount(services);
        assertTrue(first < COUNT, "opened=" + first);
        origins.update(); // at once: nothing more is opened for as long as that took
        assertEquals(first, openedCount(services));
        while (origins.hasMore()) {
          Thread.sleep(1);
          origins.update();
        }
        assertEquals(COUNT, openedCount(services));
        assertTrue(changes.isEmpty());
      }
    }
    Wire.assertNothingLeft(prefix);
  }
}
