package dev.segue.objectstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store that is asked over HTTP does. */
public abstract class RemoteStoreContract extends ObjectStoreContract {
  @BeforeEach
  void empty() throws IOException {
    List<String> keys = new ArrayList<>();
    store.list("", "", Optional.empty()).objects().forEach(info -> keys.add(info.key()));
    store.delete(keys);
  }

  @Test
  void presignedUrlsWorkForOthers() throws Exception {
    try (HttpClient other = HttpClient.newHttpClient()) {
      HttpResponse<String> put =
          other.send(
              HttpRequest.newBuilder(store.presignPut("k", Duration.ofMinutes(5)))
                  // Azure wants to be told, S3 takes no notice of it.
                  .header("x-ms-blob-type", "BlockBlob")
                  .PUT(HttpRequest.BodyPublishers.ofString("hello"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals(2, put.statusCode() / 100, put::body);
      HttpResponse<String> get =
          other.send(
              HttpRequest.newBuilder(store.presignGet("k", Duration.ofMinutes(5))).build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals("hello", get.body());
    }
  }

  @Test
  void anInterruptEndsACallAndKeepsItsStatus() throws Exception {
    store.put("k", Data.regions(Data.random(arena, 6 * MIB), MIB));
    MemorySegment region = arena.allocate(6 * MIB);
    Thread.currentThread().interrupt();
    failure(Reason.CANCELLED, () -> store.get("k", region));
    assertTrue(Thread.interrupted());
  }

  @org.junit.jupiter.params.ParameterizedTest
  @org.junit.jupiter.params.provider.ValueSource(longs = {10, 17 << 20})
  void whatIsStoredBesideTheBytesIsGivenBackAndCopied(long byteSize) throws Exception {
    ObjectMetadata metadata =
        ObjectMetadata.NONE
            .contentType("text/html")
            .cacheControl("max-age=60")
            .contentLanguage("de")
            .user(java.util.Map.of("camera", "left"));
    store.put(
        "page",
        Data.regions(Data.random(arena, byteSize), 1 << 20),
        WriteOptions.NONE.metadata(metadata));
    org.junit.jupiter.api.Assertions.assertEquals(metadata, store.metadata("page"));
    store.copy("page", "copy");
    org.junit.jupiter.api.Assertions.assertEquals(metadata, store.metadata("copy"));
  }

  /** As behind an end whose answer was lost: the journal is there, and the upload is gone. */
  @org.junit.jupiter.params.ParameterizedTest
  @org.junit.jupiter.params.provider.ValueSource(booleans = {true, false})
  void whatAnEarlierProcessStoredIsNotSentAgain(boolean onCondition) throws Exception {
    WriteOptions options = onCondition ? WriteOptions.NONE.ifAbsent() : WriteOptions.NONE;
    Path journal = directory.resolve("whole.journal");
    Path kept = directory.resolve("kept.journal");
    try (ObjectWriter writer = store.write("k", journal, options)) {
      writer.writeOwned(Data.regions(Data.random(arena, 10 * MIB), MIB));
      while (Files.readString(journal).split("\npart ", -1).length < 3) {
        Thread.sleep(10);
      }
      Files.copy(journal, kept);
      assertEquals(10 * MIB, writer.finish().byteSize());
    }
    Files.copy(kept, journal);
    try (ObjectWriter writer = store.write("k", journal, options)) {
      assertEquals(10 * MIB, writer.resumeByteOffset());
      assertEquals(store.head("k").etag(), writer.finish().etag());
    }
    assertFalse(Files.exists(journal));
    // versitygw's sidecar keeps the metadata of what is replaced.
    store.delete("k");
    store.put("k", SegmentedBytes.copyOf(new byte[(int) (10 * MIB)]));
    Files.copy(kept, journal);
    try (ObjectWriter writer = store.write("k", journal, options)) {
      assertEquals(0, writer.resumeByteOffset());
    }
  }
}
