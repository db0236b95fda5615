package dev.segue.objectstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StoreSettingsTest {
  @Test
  void theDefaultsAreThoseOfTheSourceDocument() {
    StoreSettings settings = StoreSettings.of(Map.of());
    int cores = Runtime.getRuntime().availableProcessors();
    assertEquals(Math.max(8, cores * 2), settings.threadCount());
    assertEquals(512, settings.maxConnectionCount());
    assertEquals(8L << 20, settings.rangeByteSize());
    assertEquals(64, settings.rangeInflightCount());
    assertEquals(32L << 20, settings.wholeGetByteSize());
  }

  @ParameterizedTest
  @CsvSource({
    "1MiB,8",
    "512MiB,8",
    "640MiB,10",
    "1GiB,16",
    "100GiB,32",
  })
  void aLargeRangeIsReadByNoMoreRequestsThanCanBeInFlight(String size, long rangeMiB) {
    long byteSize = ByteSizes.parse(size);
    StoreSettings settings = StoreSettings.of(Map.of());
    assertEquals(rangeMiB << 20, settings.rangeByteSizeFor(byteSize));
    StoreSettings named = StoreSettings.of(Map.of("SEGUE_GET_PART_SIZE", "1MiB"));
    assertEquals(1L << 20, named.rangeByteSizeFor(byteSize));
  }

  @ParameterizedTest
  @CsvSource({"64MiB,8", "160MiB,10", "1GiB,32", "100GiB,32"})
  void partsOfBytesThatAreAllThereGrowWithThem(String size, long partMiB) {
    long byteSize = ByteSizes.parse(size);
    StoreSettings settings = StoreSettings.of(Map.of());
    assertEquals(partMiB << 20, settings.forPutOf(byteSize).putPartByteSize());
    StoreSettings named = StoreSettings.of(Map.of("SEGUE_PUT_PART_SIZE", "16MiB"));
    assertEquals(16L << 20, named.forPutOf(byteSize).putPartByteSize());
  }

  @Test
  void noUploadOfKnownSizeHasTooManyParts() {
    long byteSize = 5L << 40;
    long part = StoreSettings.defaults().forPutOf(byteSize).putPartByteSize();
    assertTrue(Math.ceilDiv(byteSize, part) <= 10_000, () -> "part=" + part);
  }

  @ParameterizedTest
  @CsvSource({
    "8MiB,8388608",
    "8m,8388608",
    "8 MB,8000000",
    "64k,65536",
    "1.5GiB,1610612736",
    "4096,4096",
    "0.5k,512",
    "1tib,1099511627776",
    "7B,7"
  })
  void sizesAreTakenAsPeopleWriteThem(String text, long byteSize) {
    assertEquals(byteSize, ByteSizes.parse(text));
  }

  @ParameterizedTest
  @CsvSource({
    "SEGUE_GET_PART_SIZE,8 parsecs",
    "SEGUE_GET_PART_SIZE,-1",
    "SEGUE_GET_PART_SIZE,1",
    "SEGUE_GET_PART_SIZE,0.3",
    "SEGUE_GET_PART_SIZE,9999999999999999999",
    "SEGUE_PUT_PART_SIZE,4MiB",
    "SEGUE_GET_INFLIGHT,0",
    "SEGUE_GET_INFLIGHT,many",
    "SEGUE_RT_THREADS,8.5",
    "SEGUE_HTTP_MAX_CONNS,99999999999",
    "SEGUE_PUT_INFLIGHT,-3",
    "SEGUE_GET_THRESHOLD,x",
    "SEGUE_CHECKSUMS,2",
    "SEGUE_CHECKSUMS,md5",
  })
  void nonsenseIsAnErrorThatNamesTheVariable(String name, String text) {
    IllegalArgumentException failure =
        assertThrows(IllegalArgumentException.class, () -> StoreSettings.of(Map.of(name, text)));
    assertTrue(failure.toString().contains(name + "=" + text), failure::toString);
  }

  @ParameterizedTest
  @CsvSource({
    "'',CRC32C",
    "1,CRC32C",
    "0,NONE",
    "none,NONE",
    "CRC32C,CRC32C",
    "crc64nvme,CRC64NVME"
  })
  void checksumsAreNamed(String text, StoreSettings.Checksums checksums) {
    assertEquals(checksums, StoreSettings.of(Map.of("SEGUE_CHECKSUMS", text)).checksums());
    assertEquals(StoreSettings.Checksums.CRC32C, StoreSettings.defaults().checksums());
  }

  @ParameterizedTest
  @CsvSource({
    "SEGUE_GET_INFLIGT,SEGUE_GET_INFLIGHT",
    "SEGUE_PUT_SIZE,SEGUE_PUT_PART_SIZE",
    "SEGUE_ATTEMPT,SEGUE_ATTEMPTS",
    "SEGUE_CHECKSUM,SEGUE_CHECKSUMS"
  })
  void aNameWithASlipIsRefusedWithTheOneThatIsMeant(String name, String meant) {
    IllegalArgumentException failure =
        assertThrows(IllegalArgumentException.class, () -> StoreSettings.of(Map.of(name, "4")));
    assertEquals(name + ": no such setting; did you mean " + meant + "?", failure.getMessage());
  }

  @Test
  void variablesOfOthersAreLeftAlone() {
    assertEquals(10, StoreSettings.of(Map.of("SEGUE_CACHE", "x", "SEGUE_LOG", "y")).attemptCount());
  }

  @Test
  void valuesAreChangedByMethodsThatGiveAnotherOne() {
    StoreSettings defaults = StoreSettings.defaults();
    StoreSettings changed =
        defaults
            .threadCount(3)
            .maxConnectionCount(4)
            .rangeByteSize(1 << 20)
            .rangeInflightCount(5)
            .wholeGetByteSize(6)
            .readAheadByteSize(1 << 24)
            .putPartByteSize(7 << 20)
            .putInflightCount(8)
            .attemptCount(9)
            .stallTimeout(java.time.Duration.ofSeconds(10))
            .checksums(StoreSettings.Checksums.NONE);
    Map<String, String> variables =
        Map.ofEntries(
            Map.entry("SEGUE_RT_THREADS", "3"),
            Map.entry("SEGUE_HTTP_MAX_CONNS", "4"),
            Map.entry("SEGUE_GET_PART_SIZE", "1MiB"),
            Map.entry("SEGUE_GET_INFLIGHT", "5"),
            Map.entry("SEGUE_GET_THRESHOLD", "6"),
            Map.entry("SEGUE_READ_AHEAD", "16MiB"),
            Map.entry("SEGUE_PUT_PART_SIZE", "7MiB"),
            Map.entry("SEGUE_PUT_INFLIGHT", "8"),
            Map.entry("SEGUE_ATTEMPTS", "9"),
            Map.entry("SEGUE_STALL_TIMEOUT_MILLIS", "10000"),
            Map.entry("SEGUE_CHECKSUMS", "none"));
    assertEquals(StoreSettings.of(variables), changed);
    assertEquals(StoreSettings.of(variables).hashCode(), changed.hashCode());
    assertEquals(StoreSettings.of(Map.of()), defaults);
    // As by a variable: what is named is not stretched.
    assertEquals(1 << 20, changed.rangeByteSizeFor(1L << 40));
    assertEquals(8, changed.writtenPartCount());
  }

  @Test
  void aValueOutOfBoundsIsAnErrorThatNamesIt() {
    IllegalArgumentException failure =
        assertThrows(
            IllegalArgumentException.class, () -> StoreSettings.defaults().putPartByteSize(1));
    assertTrue(failure.toString().contains("putPartByteSize=1:"), failure::toString);
    assertThrows(
        IllegalArgumentException.class,
        () -> StoreSettings.defaults().stallTimeout(java.time.Duration.ZERO));
  }
}
