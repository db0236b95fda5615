package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.PooledByteBufAllocator;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the other tests rely on, with the options that the build gives the detector. */
class LeakWatchTest {
  @BeforeAll
  static void watch() throws Exception {
    LeakWatch.install();
    LeakWatch.assertNone();
  }

  private static void lose() {
    PooledByteBufAllocator.DEFAULT.directBuffer(16);
  }

  @Test
  void aBufferThatNobodyReleasesIsReportedWithThePlaceThatTookIt() throws Exception {
    lose();
    List<String> leaks = LeakWatch.take();
    while (leaks.isEmpty()) {
      leaks = LeakWatch.take();
    }
    assertEquals(1, leaks.size(), leaks::toString);
    assertTrue(leaks.getFirst().contains("LeakWatchTest.lose("), leaks::toString);
    LeakWatch.assertNone();
  }
}
