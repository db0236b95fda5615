package dev.segue.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.segue.zenoh.CongestionControl;
import dev.segue.zenoh.Priority;
import dev.segue.zenoh.Qos;
import dev.segue.zenoh.Reliability;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What stands behind a payload. */
class TrailerTest {
  private final MemorySegment message = MemorySegment.ofArray(new long[Trailer.BYTE_SIZE / 8]);

  private Qos readBack(Qos qos) {
    new Trailer(0, 7, false, false, false, -1, 0, null, qos).write(message, new byte[0]);
    return Objects.requireNonNull(Trailer.read(message)).qos();
  }

  @Test
  void everyQosComesAsItWasAndIsMadeOnce() {
    for (Reliability reliability : Reliability.values()) {
      for (boolean express : new boolean[] {false, true}) {
        for (Priority priority : Priority.values()) {
          for (CongestionControl congestion : CongestionControl.values()) {
            Qos qos =
                Qos.defaults()
                    .reliability(reliability)
                    .express(express)
                    .priority(priority)
                    .congestionControl(congestion);
            assertEquals(qos, readBack(qos));
            assertSame(readBack(qos), readBack(qos));
          }
        }
      }
    }
  }

  @Test
  void whatMakesNoSenseIsTheDefault() {
    for (byte senseless : new byte[] {0, -1, 100}) {
      readBack(Qos.defaults().express(true).priority(Priority.REAL_TIME));
      message.set(ValueLayout.JAVA_BYTE, 56, senseless);
      message.set(ValueLayout.JAVA_BYTE, 57, senseless);
      assertEquals(
          Qos.defaults().express(true), Objects.requireNonNull(Trailer.read(message)).qos());
    }
  }
}
