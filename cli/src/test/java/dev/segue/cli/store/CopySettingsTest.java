package dev.segue.cli.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.objectstore.StoreSettings;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CopySettingsTest {
  private static final long MIB = 1L << 20;

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 5L << 20, 78L << 30, 100L << 30, 5L << 40})
  void everyObjectFitsIntoTenThousandParts(long byteSize) {
    Map<String, String> writing =
        CopySettings.writing(CopySettings.withDefaults(Map.of()), byteSize);
    long partByteSize = StoreSettings.of(writing).putPartByteSize();
    assertTrue(partByteSize >= 8 * MIB, () -> "partByteSize=" + partByteSize);
    assertTrue(partByteSize * 10_000 >= byteSize, () -> "partByteSize=" + partByteSize);
  }

  @Test
  void memoryIsWhatIsReadAheadAndWhatIsUnderWay() {
    Map<String, String> variables = CopySettings.withDefaults(Map.of());
    assertEquals(32 * MIB, StoreSettings.of(CopySettings.reading(variables)).readAheadByteSize());
    assertEquals(
        96 * MIB,
        StoreSettings.of(CopySettings.readingForParts(variables, variables)).readAheadByteSize());
  }

  @ParameterizedTest
  @ValueSource(strings = {"5MiB", "64MiB", "1GiB"})
  void aPartThatIsNotFullLeavesRoomToReadOn(String partSize) {
    Map<String, String> variables =
        CopySettings.withDefaults(
            Map.of("SEGUE_PUT_PART_SIZE", partSize, "SEGUE_PUT_INFLIGHT", "1"));
    StoreSettings reading = StoreSettings.of(CopySettings.readingForParts(variables, variables));
    long part = StoreSettings.of(variables).putPartByteSize();
    assertTrue(
        reading.readAheadByteSize() >= 2 * part + reading.rangeByteSize(), reading::toString);
    assertTrue(
        reading.rangeInflightCount() * reading.rangeByteSize() >= reading.readAheadByteSize());
  }
}
