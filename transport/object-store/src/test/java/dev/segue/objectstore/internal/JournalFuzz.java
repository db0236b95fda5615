package dev.segue.objectstore.internal;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.StoreSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Any bytes as the journal of an upload, of which the store has two parts or, if its id begins so,
 * the object that it made.
 */
public final class JournalFuzz {
  private static final long PART = 8L << 20;
  private static final String DONE = "done";
  private static final String MARK = "00000000-0000-4000-8000-000000000000";

  private JournalFuzz() {}

  /** Knows each upload, and what some have made. */
  private static final class Sink implements PartSink {
    @Override
    public String begin() {
      return "new";
    }

    @Override
    public CompletableFuture<Part> part(
        int number, SegmentedBytes bytes, long crc, Transfer transfer) {
      return CompletableFuture.completedFuture(new Part(number, bytes.byteSize(), "", crc));
    }

    @Override
    public ObjectInfo complete(List<Part> parts) {
      throw new AssertionError("nothing is ended");
    }

    @Override
    public ObjectInfo whole(SegmentedBytes bytes, long crc, Transfer transfer) {
      throw new AssertionError("nothing is ended");
    }

    @Override
    public void abort() {}

    @Override
    public int partCountLimit() {
      return 10_000;
    }

    @Override
    public @Nullable List<Part> resume(String uploadId) {
      if (uploadId.startsWith(DONE)) {
        return null;
      }
      return List.of(new Part(1, PART, "\"a\"", 0), new Part(2, PART, "\"b\"", 0));
    }

    @Override
    public There there() {
      return new There(new ObjectInfo("k", 2 * PART, "\"e\"", Instant.EPOCH), MARK, null);
    }
  }

  /** Goes on with parts that the store has, begins again, or refuses a file that is another's. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    Path folder = Files.createTempDirectory("segue-fuzz");
    Path file = folder.resolve("journal");
    try {
      Files.write(file, data);
      try {
        UploadJournal journal = UploadJournal.open(file, "s3://b/k", StoreSettings.defaults());
        List<PartSink.Part> stored = journal.storedParts(new Sink());
        if (stored.size() > 2 || (!stored.isEmpty() && !journal.isBegun())) {
          throw new AssertionError("stored=" + stored);
        }
        String content = new String(data, StandardCharsets.ISO_8859_1);
        if (journal.made() != null && !(content.contains(MARK) && content.contains(DONE))) {
          throw new AssertionError("made=" + journal.made());
        }
        journal.close();
      } catch (ObjectStoreException refused) {
        check(refused);
      }
      Files.write(file, data);
      try {
        UploadJournal.discard(file, "s3://b/k", new Sink());
      } catch (ObjectStoreException refused) {
        check(refused);
      }
    } finally {
      try (var left = Files.list(folder)) {
        for (Path each : left.toList()) {
          Files.delete(each);
        }
      }
      Files.delete(folder);
    }
  }

  private static void check(ObjectStoreException refused) {
    if (refused.reason() != ObjectStoreException.Reason.OTHER) {
      throw new AssertionError(refused);
    }
  }
}
