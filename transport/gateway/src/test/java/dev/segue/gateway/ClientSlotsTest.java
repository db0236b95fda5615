package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;

/** How much of something goes on at a time. */
class ClientSlotsTest {
  /** Replies of a query come on a thread of their own, also when the request has just ended. */
  @Test
  void whoTakesMoreAfterAllWasGivenBackGetsNothing() throws Exception {
    ClientSlots slots = new ClientSlots("answersByteSize", 10, 10, 1);
    ClientSlots.Taken taken = slots.take(InetAddress.getLoopbackAddress(), 1);
    taken.more(2);
    assertEquals(3, slots.takenCount());
    taken.close();
    assertEquals(503, assertThrows(HttpException.class, () -> taken.more(5)).status());
    taken.close();
    assertEquals(0, slots.takenCount());
    slots.take(InetAddress.getLoopbackAddress(), 10).close();
  }

  @Test
  void whoTriesIsToldWithoutAnException() {
    ClientSlots slots = new ClientSlots("channelCount", 3, 2, 1);
    ClientSlots.Taken taken = slots.tryTake(InetAddress.getLoopbackAddress(), 1);
    assertNotNull(taken);
    assertTrue(taken.tryMore(1));
    assertFalse(taken.tryMore(1));
    assertNull(slots.tryTake(InetAddress.getLoopbackAddress(), 1));
    assertEquals(2, slots.takenCount());
    taken.close();
    assertFalse(taken.tryMore(1));
    taken.close();
    assertEquals(0, slots.takenCount());
  }
}
