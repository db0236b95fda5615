package dev.segue.objectstore;

import static dev.segue.objectstore.ObjectStoreContract.MIB;
import static dev.segue.objectstore.ObjectStoreContract.SETTINGS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** boto3 and s3dlio read from versitygw what we write, and we what they write. */
@Timeout(120)
class PythonClientsTest {
  @TempDir static Path serverDirectory;
  private static @Nullable Versitygw server;

  @TempDir Path directory;
  private final Arena arena = Arena.ofShared();
  private @Nullable ObjectStore opened;

  @BeforeAll
  static void startServer() throws Exception {
    PythonClient.assumeInstalled();
    Versitygw.assumeInstalled();
    server = Versitygw.start(serverDirectory);
  }

  @AfterAll
  static void stopServer() {
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void begin() throws Exception {
    opened =
        S3Store.open(
            StoreUri.parse("s3://" + S3Server.BUCKET + "?endpoint=" + server().endpoint()),
            StoreSettings.of(SETTINGS),
            S3Server.CREDENTIALS,
            null);
  }

  @AfterEach
  void end() {
    store().close();
    arena.close();
  }

  private static Versitygw server() {
    return Objects.requireNonNull(server);
  }

  private ObjectStore store() {
    return Objects.requireNonNull(opened);
  }

  private static Map<String, String> run(String... arguments) throws Exception {
    return PythonClient.run(server().endpoint(), arguments);
  }

  private static void assertSame(MemorySegment data, Map<String, String> facts) throws Exception {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    sha256.update(data.asByteBuffer());
    assertEquals(Long.toString(data.byteSize()), facts.get("byteSize"));
    assertEquals(HexFormat.of().formatHex(sha256.digest()), facts.get("sha256"));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 17 * MIB + 9})
  void othersReadWhatAWriterWrote(long byteSize) throws Exception {
    MemorySegment data = Data.random(arena, byteSize);
    try (ObjectWriter writer = store().write("written")) {
      long half = byteSize / 2;
      writer.writeOwned(Data.regions(data.asSlice(0, half), 700_001));
      writer.writeChunk(data.asSlice(half));
      ObjectInfo _ = writer.finish();
    }
    assertSame(data, run("s3dlio", "get", "written"));

    Map<String, String> facts = run("boto3", "get", "written", Long.toString(5 * MIB));
    assertSame(data, facts);
    assertEquals("CRC32C", facts.get("algorithm"));
    assertEquals(byteSize > 5 * MIB ? "COMPOSITE" : "FULL_OBJECT", facts.get("kind"));
    assertEquals("True", facts.get("checked"));
  }

  @ParameterizedTest
  @ValueSource(longs = {3, 3 * MIB, 12 * MIB + 7})
  void othersReadWhatIsPut(long byteSize) throws Exception {
    MemorySegment data = Data.random(arena, byteSize);
    ObjectInfo _ = store().put("put \u00e9/+&", Data.regions(data, 300_001));
    assertSame(data, run("s3dlio", "get", "put \u00e9/+&"));
    Map<String, String> facts = run("boto3", "get", "put \u00e9/+&", Long.toString(5 * MIB));
    assertSame(data, facts);
    assertEquals("True", facts.get("checked"));
  }

  @ParameterizedTest
  @CsvSource({
    "boto3, put, default",
    "boto3, put, CRC32C",
    "boto3, put, CRC64NVME",
    "boto3, put, SHA256",
    "s3dlio, put, ",
    "s3dlio, put-parts, ",
  })
  void whatOthersWriteIsRead(String client, String role, @Nullable String algorithm)
      throws Exception {
    for (long byteSize : new long[] {1, 3 * MIB, 12 * MIB + 7}) {
      MemorySegment data = Data.random(arena, byteSize);
      Path file = directory.resolve("data");
      try (FileChannel to =
          FileChannel.open(
              file,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING)) {
        assertEquals(byteSize, to.write(data.asByteBuffer()));
      }
      assertSame(
          data,
          algorithm == null
              ? run(client, role, "theirs", file.toString())
              : run(client, role, "theirs", file.toString(), algorithm));
      read(data);
    }
  }

  private void read(MemorySegment data) throws Exception {
    MemorySegment region = arena.allocate(data.byteSize());
    assertEquals(data.byteSize(), store().get("theirs", region).byteSize());
    assertTrue(Data.same(region, data));
    try (OffHeapPool pool = new OffHeapPool(32 * MIB);
        ObjectBytes object = store().get("theirs", pool)) {
      assertTrue(Data.same(object.bytes(), data));
    }
  }
}
