package dev.segue.objectstore.s3;

import static dev.segue.objectstore.ObjectStoreContract.MIB;
import static dev.segue.objectstore.ObjectStoreContract.SETTINGS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.objectstore.Data;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectWriter;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.spi.StoreUri;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** boto3 and s3dlio read from versitygw what we write, and we what they write. */
@Timeout(300)
class PythonClientsTest {
  private static final long[] SIZES = {0, 1, 3 * MIB, 17 * MIB + 9};

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

  private static List<Map<String, String>> run(List<String> role, List<String> objects)
      throws Exception {
    List<String> arguments = new ArrayList<>(role);
    arguments.addAll(objects);
    return PythonClient.run(server().endpoint(), arguments.toArray(String[]::new));
  }

  private static void assertSame(MemorySegment data, Map<String, String> facts) throws Exception {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    sha256.update(data.asByteBuffer());
    assertEquals(Long.toString(data.byteSize()), facts.get("byteSize"));
    assertEquals(HexFormat.of().formatHex(sha256.digest()), facts.get("sha256"));
  }

  @Test
  void othersReadWhatAWriterWrote() throws Exception {
    List<String> keys = new ArrayList<>();
    for (long byteSize : SIZES) {
      MemorySegment data = Data.random(arena, byteSize);
      keys.add("written/" + byteSize);
      try (ObjectWriter writer = store().write(keys.getLast())) {
        long half = byteSize / 2;
        writer.writeOwned(Data.regions(data.asSlice(0, half), 700_001));
        writer.writeChunk(data.asSlice(half));
        writer.finish();
      }
    }
    assertOthersRead(keys);
  }

  @Test
  void othersReadWhatIsPut() throws Exception {
    List<String> keys = new ArrayList<>();
    for (long byteSize : SIZES) {
      keys.add("put \u00e9/+&/" + byteSize);
      store().put(keys.getLast(), Data.regions(Data.random(arena, byteSize), 300_001));
    }
    assertOthersRead(keys);
  }

  /** Objects of {@code SIZES}, each with a checksum of the whole, which botocore verifies. */
  private void assertOthersRead(List<String> keys) throws Exception {
    List<Map<String, String>> s3dlio = run(List.of("s3dlio", "get"), keys);
    List<Map<String, String>> boto3 = run(List.of("boto3", "get"), keys);
    for (int i = 0; i < SIZES.length; i++) {
      MemorySegment data = Data.random(arena, SIZES[i]);
      assertSame(data, s3dlio.get(i));
      assertSame(data, boto3.get(i));
      assertEquals("CRC32C", boto3.get(i).get("algorithm"));
      assertEquals("FULL_OBJECT", boto3.get(i).get("kind"));
      assertEquals("True", boto3.get(i).get("checked"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "boto3 put default",
        "boto3 put CRC32C",
        "boto3 put CRC64NVME",
        "boto3 put SHA256",
        "s3dlio put",
        "s3dlio put-parts",
      })
  void whatOthersWriteIsRead(String role) throws Exception {
    List<String> keys = new ArrayList<>();
    List<String> files = new ArrayList<>();
    for (long byteSize : SIZES) {
      Path file = directory.resolve(Long.toString(byteSize));
      try (FileChannel to =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        assertEquals(byteSize, to.write(Data.random(arena, byteSize).asByteBuffer()));
      }
      keys.add(role.replace(' ', '/') + "/" + byteSize);
      files.add(keys.getLast() + "=" + file);
    }
    List<Map<String, String>> written = run(List.of(role.split(" ", -1)), files);
    for (int i = 0; i < SIZES.length; i++) {
      MemorySegment data = Data.random(arena, SIZES[i]);
      assertSame(data, written.get(i));
      assertRead(keys.get(i), data);
    }
  }

  private void assertRead(String key, MemorySegment data) throws Exception {
    MemorySegment region = arena.allocate(data.byteSize());
    assertEquals(data.byteSize(), store().get(key, region).byteSize());
    assertTrue(Data.same(region, data));
    try (OffHeapPool pool = new OffHeapPool(32 * MIB);
        ObjectBytes object = store().get(key, pool)) {
      assertTrue(Data.same(object.bytes(), data));
    }
  }
}
