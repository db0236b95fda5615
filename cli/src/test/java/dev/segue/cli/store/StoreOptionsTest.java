package dev.segue.cli.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.objectstore.StoreSettings;
import java.time.Duration;
import java.util.List;
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
  private static final class Downloading implements Runnable {
    @Mixin private DownloadOptions options = new DownloadOptions();

    @Override
    public void run() {}
  }

  @Command(name = "test")
  private static final class Uploading implements Runnable {
    @Mixin private UploadOptions options = new UploadOptions();

    @Override
    public void run() {}
  }

  private static Map<String, String> reading(Map<String, String> environment, String... arguments) {
    Downloading holder = new Downloading();
    new CommandLine(holder).parseArgs(arguments);
    return holder.options.variables(environment);
  }

  private static UploadOptions options(String... arguments) {
    Uploading holder = new Uploading();
    new CommandLine(holder).parseArgs(arguments);
    return holder.options;
  }

  private static Map<String, String> writing(Map<String, String> environment, String... arguments) {
    return options(arguments).variables(environment);
  }

  @Test
  void anOptionGoesBeforeTheEnvironmentAndThatBeforeTheDefault() {
    Map<String, String> environment =
        Map.of("SEGUE_PUT_PART_SIZE", "6MiB", "SEGUE_PUT_INFLIGHT", "3");
    StoreSettings settings = StoreSettings.of(writing(environment, "--part-size", "7MiB"));
    assertEquals(7 << 20, settings.putPartByteSize());
    assertEquals(3, settings.putInflightCount());
    assertEquals(512, settings.maxConnectionCount());
    assertEquals(8 << 20, settings.rangeByteSize());
  }

  @Test
  void everyOptionIsASetting() {
    String[] arguments = {
      "--part-size=16MiB",
      "--inflight=5",
      "--connections=9",
      "--threads=2",
      "--checksums=crc64nvme",
      "--attempts=3",
      "--stall-timeout=500ms"
    };
    StoreSettings read = StoreSettings.of(reading(Map.of(), arguments));
    assertEquals(16 << 20, read.rangeByteSize());
    assertEquals(5, read.rangeInflightCount());
    StoreSettings written = StoreSettings.of(writing(Map.of(), arguments));
    assertEquals(16 << 20, written.putPartByteSize());
    assertEquals(5, written.putInflightCount());
    for (StoreSettings settings : List.of(read, written)) {
      assertEquals(9, settings.maxConnectionCount());
      assertEquals(2, settings.threadCount());
      assertEquals(StoreSettings.Checksums.CRC64NVME, settings.checksums());
      assertEquals(3, settings.attemptCount());
      assertEquals(Duration.ofMillis(500), settings.stallTimeout());
    }
    assertEquals(
        StoreSettings.Checksums.NONE,
        StoreSettings.of(writing(Map.of("SEGUE_CHECKSUMS", "crc32c"), "--checksums=none"))
            .checksums());
  }

  @ParameterizedTest
  @CsvSource({
    "s3://b/k, s3://b?endpoint=http://h:1&region=r&profile=p%20q",
    "s3://b/k?region=other, s3://b?region=other&endpoint=http://h:1&profile=p%20q",
    "az://c/k?account=a, az://c?account=a&endpoint=http://h:1",
    "/tmp/k, file:///"
  })
  void aUriGoesBeforeTheOptionsOfItsStore(String uri, String store) {
    UploadOptions options =
        options("--endpoint", "http://h:1", "--region", "r", "--profile", "p q");
    assertEquals(
        store, options.storeUri(ObjectUri.parse(uri)).replace('+', ' ').replace(" ", "%20"));
    assertEquals(ObjectUri.parse(uri).storeUri(), options().storeUri(ObjectUri.parse(uri)));
  }

  @ParameterizedTest
  @CsvSource({
    "--part-size=3, --part-size 3: a size",
    "--part-size=x, --part-size x: a size",
    "--part-size=, --part-size",
    "--inflight=0, --inflight 0: a whole number from 1",
    "--connections=many, --connections many: a whole number",
    "--threads=-1, --threads -1: a whole number",
    "--checksums=md5, --checksums md5: none (0)",
    "--attempts=101, --attempts 101: a whole number from 1 to 100",
    "--stall-timeout=5, --stall-timeout 5: a number with one of the units",
    "--stall-timeout=1ms, --stall-timeout"
  })
  void nonsenseIsAnErrorThatNamesTheOption(String argument, String message) {
    ParameterException failure =
        assertThrows(ParameterException.class, () -> writing(Map.of(), argument));
    assertTrue(String.valueOf(failure.getMessage()).startsWith(message), failure::toString);
  }
}
