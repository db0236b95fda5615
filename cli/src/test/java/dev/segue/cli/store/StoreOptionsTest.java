package dev.segue.cli.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.cli.store.StoreOptions.Direction;
import dev.segue.objectstore.StoreSettings;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

final class StoreOptionsTest {
  @Command(name = "test")
  private static final class Holder implements Runnable {
    @Mixin private StoreOptions options = new StoreOptions();

    @Override
    public void run() {}
  }

  private static Map<String, String> parse(
      Direction direction, Map<String, String> environment, String... arguments) {
    Holder holder = new Holder();
    var _ = new CommandLine(holder).parseArgs(arguments);
    return holder.options.variables(direction, environment);
  }

  @Test
  void anOptionGoesBeforeTheEnvironmentAndThatBeforeTheDefault() {
    Map<String, String> environment =
        Map.of("SEGUE_PUT_PART_SIZE", "6MiB", "SEGUE_PUT_INFLIGHT", "3");
    StoreSettings settings =
        StoreSettings.of(parse(Direction.WRITE, environment, "--part-size", "7MiB"));
    assertEquals(7 << 20, settings.putPartByteSize());
    assertEquals(3, settings.putInflightCount());
    assertEquals(512, settings.maxConnectionCount());
    assertEquals(8 << 20, settings.rangeByteSize());
  }

  @Test
  void everyOptionIsASetting() {
    StoreSettings settings =
        StoreSettings.of(
            parse(
                Direction.BOTH,
                Map.of(),
                "--part-size=16MiB",
                "--inflight=5",
                "--connections=9",
                "--threads=2",
                "--get-threshold=1MiB",
                "--checksums=crc64nvme",
                "--attempts=3",
                "--stall-timeout=500ms"));
    assertEquals(16 << 20, settings.rangeByteSize());
    assertEquals(16 << 20, settings.putPartByteSize());
    assertEquals(5, settings.rangeInflightCount());
    assertEquals(5, settings.putInflightCount());
    assertEquals(9, settings.maxConnectionCount());
    assertEquals(2, settings.threadCount());
    assertEquals(1 << 20, settings.wholeGetByteSize());
    assertEquals(StoreSettings.Checksums.CRC64NVME, settings.checksums());
    assertEquals(3, settings.attemptCount());
    assertEquals(Duration.ofMillis(500), settings.stallTimeout());
    assertEquals(
        StoreSettings.Checksums.NONE,
        StoreSettings.of(
                parse(Direction.BOTH, Map.of("SEGUE_CHECKSUMS", "crc32c"), "--checksums=none"))
            .checksums());
  }

  @ParameterizedTest
  @CsvSource({
    "--part-size=3, --part-size 3: a size",
    "--part-size=x, --part-size x: a size",
    "--part-size=, --part-size",
    "--inflight=0, --inflight 0: a whole number from 1",
    "--connections=many, --connections many: a whole number",
    "--threads=-1, --threads -1: a whole number",
    "--get-threshold=1XB, --get-threshold 1XB: a size",
    "--checksums=md5, --checksums md5: none (0)",
    "--attempts=101, --attempts 101: a whole number from 1 to 100",
    "--stall-timeout=5, --stall-timeout 5: a number with one of the units",
    "--stall-timeout=1ms, --stall-timeout"
  })
  void nonsenseIsAnErrorThatNamesTheOption(String argument, String message) {
    ParameterException failure =
        assertThrows(ParameterException.class, () -> parse(Direction.WRITE, Map.of(), argument));
    assertTrue(String.valueOf(failure.getMessage()).startsWith(message), failure::toString);
  }
}
