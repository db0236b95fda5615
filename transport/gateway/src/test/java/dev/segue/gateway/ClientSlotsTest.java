package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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
}
