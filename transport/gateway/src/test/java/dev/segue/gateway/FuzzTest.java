package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.LoanMessage;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.ReadLimits;
import dev.segue.capnproto.schema.Frames;
import dev.segue.capnproto.schema.Frames.PixelFormat;
import dev.segue.http2.Headers;
import dev.segue.zenoh.Encoding;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Mutated fields, frames and pictures are understood or refused, never anything else; {@code
 * -Dsegue.seed=} repeats a run.
 */
@Timeout(120)
class FuzzTest {
  private static final long SEED = Long.getLong("segue.seed", System.nanoTime());

  @BeforeAll
  static void printSeed() {
    System.out.println("FuzzTest: -Dsegue.seed=" + SEED);
  }

  private interface Check {
    void check(Random random) throws Exception;
  }

  private static void repeat(int count, Check check) {
    Random random = new Random(SEED);
    for (int i = 0; i < count; i++) {
      try {
        check.check(random);
      } catch (Exception | AssertionError e) {
        throw new AssertionError("-Dsegue.seed=" + SEED + ", i=" + i, e);
      }
    }
  }

  /** A text out of pieces that mean something to the parser. */
  private static String mutated(Random random, List<String> pieces) {
    StringBuilder text = new StringBuilder();
    for (int n = 1 + random.nextInt(6); n > 0; n--) {
      if (random.nextInt(8) == 0) {
        text.append((char) (0x20 + random.nextInt(0x5F)));
      } else {
        text.append(pieces.get(random.nextInt(pieces.size())));
      }
    }
    return text.toString();
  }

  /** Whatever the field: bytes of the object, or none of them. */
  @Test
  void aRangeLiesWithinItsObject() {
    List<String> pieces =
        List.of("bytes=", "-", ",", "0", "1", "9", "10", "999999999999999999", " ", "bytes", "٣");
    repeat(
        200_000,
        random -> {
          long size = random.nextInt(4) == 0 ? 0 : random.nextInt(20);
          String field = mutated(random, pieces);
          Optional<ByteRange> asked = ByteRange.of(field, size);
          if (asked.isEmpty()) {
            return;
          }
          ByteRange range = asked.get();
          assertTrue(range.byteOffset() >= 0, field);
          assertTrue(range.byteOffset() + range.byteSize() <= size, field);
          assertTrue(range.whole() ? range.byteSize() == size : range.byteSize() > 0, field);
        });
  }

  /** Against a loop over all positions, which knows nothing of the parser. */
  @Test
  void aWellFormedRangeIsWhatTheRfcSays() {
    repeat(
        20_000,
        random -> {
          int size = 1 + random.nextInt(12);
          int first = random.nextInt(15);
          int last = random.nextInt(15);
          String kind = new String[] {"both", "from", "suffix"}[random.nextInt(3)];
          String field =
              switch (kind) {
                case "both" -> "bytes=" + first + "-" + last;
                case "from" -> "bytes=" + first + "-";
                default -> "bytes=-" + last;
              };
          StringBuilder expected = new StringBuilder();
          for (int i = 0; i < size; i++) {
            boolean in =
                switch (kind) {
                  case "both" -> i >= first && i <= last;
                  case "from" -> i >= first;
                  default -> i >= size - last;
                };
            expected.append(in ? (char) ('a' + i) : "");
          }
          Optional<ByteRange> range = ByteRange.of(field, size);
          String all = "abcdefghijkl".substring(0, size);
          if (kind.equals("both") && last < first) {
            assertTrue(range.orElseThrow().whole(), field); // malformed: the whole
          } else if (expected.isEmpty()) {
            assertTrue(range.isEmpty(), field);
          } else {
            ByteRange found = range.orElseThrow();
            int from = (int) found.byteOffset();
            assertEquals(
                expected.toString(), all.substring(from, from + (int) found.byteSize()), field);
          }
        });
  }

  @Test
  void anAcceptFieldChoosesOneOfTheKinds() {
    List<String> pieces =
        List.of(
            "text/event-stream",
            "*/*",
            "text/*",
            "multipart/x-mixed-replace",
            "application/vnd.segue.frames",
            ",",
            ";",
            "q=",
            "0",
            "1",
            ".5",
            "=",
            " ",
            "/",
            "Q=0");
    repeat(
        100_000,
        random -> {
          String field = mutated(random, pieces);
          StreamKind kind = StreamKind.byAccept(field);
          Accept how = Accept.of(field, "text/event-stream");
          assertTrue(how.quality() >= 0 && how.quality() <= 1, field);
          assertTrue(kind != StreamKind.SSE || how.quality() > 0, field);
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "'';MULTIPART",
        "*/*;MULTIPART",
        "text/event-stream;SSE",
        "TEXT/Event-Stream;SSE",
        "text/event-stream, */*;SSE",
        "application/vnd.segue.frames;FRAMES",
        "image/avif,image/webp,*/*;MULTIPART",
        "text/html,application/xhtml+xml;MULTIPART",
        "multipart/x-mixed-replace, text/event-stream;MULTIPART"
      })
  void theKindIsTheOneThatIsWantedMost(String accept, StreamKind kind) {
    assertEquals(kind, StreamKind.byAccept(accept));
  }

  @Test
  void whatIsWantedLessOrNotAtAllIsNotSent() {
    assertEquals(StreamKind.MULTIPART, StreamKind.byAccept("text/event-stream;q=0"));
    assertEquals(
        StreamKind.FRAMES,
        StreamKind.byAccept("text/event-stream;q=0.3, application/vnd.segue.frames; q=0.9"));
    assertEquals(StreamKind.MULTIPART, StreamKind.byAccept("*/*;q=0.8, text/event-stream;q=0.5"));
    assertEquals(StreamKind.SSE, StreamKind.byAccept("text/event-stream;q=x, */*;q=0.1"));
  }

  /** What becomes of a content type is an encoding, and that again a field that HTTP allows. */
  @Test
  void aContentTypeBecomesAnEncodingAndThatAMediaTypeAgain() {
    List<String> pieces =
        List.of(
            "text/plain",
            "image/",
            "png",
            ";",
            "charset=utf-8",
            "\"",
            "\\",
            "=",
            " ",
            "/",
            "é",
            "zenoh/bytes",
            "%",
            "\t");
    repeat(
        100_000,
        random -> {
          String field = mutated(random, pieces);
          try {
            Encoding encoding = MediaTypes.encodingOf(field);
            Headers.of(
                "content-type",
                MediaTypes.of(encoding),
                "zenoh-encoding",
                MediaTypes.headerText(encoding.text()));
            assertEquals(
                encoding, MediaTypes.encodingOfHeader(MediaTypes.headerText(encoding.text())));
          } catch (HttpException e) {
            assertTrue(e.status() == 415 || e.status() == 400, field);
          }
        });
  }

  @Test
  void aTextOfAClientIsJsonOrRefused() {
    List<String> pieces =
        List.of(
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"op\"",
            "\"",
            "\\u12",
            "\\",
            "1e9",
            "-",
            "true",
            "null",
            " ",
            "{\"op\":\"subscribe\",\"id\":1}",
            "99999999999");
    repeat(
        100_000,
        random -> {
          String text = mutated(random, pieces);
          try {
            var object = JsonReader.object(text);
            JsonReader.text(object, "op");
            JsonReader.objects(object, "channels");
            JsonReader.id(object, "id");
          } catch (IllegalArgumentException e) {
            assertTrue(e.getMessage() != null, text);
          }
        });
  }

  @Test
  void aFrameOfAClientIsWholeOrRefused() {
    repeat(
        100_000,
        random -> {
          byte[] bytes = new byte[random.nextInt(64)];
          if (random.nextBoolean()) {
            random.nextBytes(bytes);
          }
          ByteBuffer head = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
          if (bytes.length >= 16 && random.nextInt(4) > 0) {
            int metadata = random.nextInt(bytes.length - 14) - 1;
            head.putInt(metadata).putInt(random.nextInt(8) == 0 ? 1 : 0);
            head.putLong(bytes.length - 16 - metadata + (random.nextInt(4) == 0 ? 1 : 0));
          }
          try {
            FramesFormat.Received frame = FramesFormat.read(SegmentedBytes.copyOf(bytes));
            assertTrue(frame.payload().byteSize() <= bytes.length - 16);
          } catch (IllegalArgumentException e) {
            assertTrue(e.getMessage() != null);
          }
        });
  }

  /** A camera's message with any bits changed is a picture that can be made, or none. */
  @Test
  void aMutatedCameraFrameIsAPictureOrNone() throws Exception {
    try (OffHeapPool pool = new OffHeapPool(16 << 20)) {
      for (PixelFormat format : PixelFormat.values()) {
        if (format != PixelFormat._NOT_IN_SCHEMA) {
          byte[] frame = frame(pool, format);
          repeat(3_000, random -> check(mutated(random, frame), 1 + random.nextInt(3), pool));
        }
      }
      assertEquals(16 << 20, pool.availableByteSize());
    }
  }

  private static byte[] frame(OffHeapPool pool, PixelFormat format) throws Exception {
    try (LoanMessage message = LoanMessage.of(pool)) {
      var frame = message.initRoot(Frames.CameraFrame.factory);
      frame.setWidthPixels(6);
      frame.setHeightPixels(4);
      frame.setRowByteSize(24);
      frame.setFormat(format);
      frame.initPixels(24 * 6);
      SegmentedBytes bytes = message.handOver();
      return bytes.copyToByteArray();
    }
  }

  private static byte[] mutated(Random random, byte[] frame) {
    byte[] bytes = frame.clone();
    for (int n = random.nextInt(4); n > 0; n--) {
      // Mostly what says how large something is.
      int at = random.nextInt(random.nextBoolean() ? Math.min(96, bytes.length) : bytes.length);
      bytes[at] = (byte) (random.nextBoolean() ? random.nextInt() : 1 << random.nextInt(8));
    }
    return random.nextInt(10) == 0
        ? java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length))
        : bytes;
  }

  private static void check(byte[] bytes, int step, OffHeapPool pool) {
    try (MessageView view =
        MessageView.of(SegmentedBytes.copyOf(bytes), ReadLimits.defaults(), pool)) {
      Optional<CameraImage> found = CameraImage.of(view);
      if (found.isEmpty() || found.get().isFile()) {
        return;
      }
      CameraImage image = found.get();
      try (Picture picture = Bitmap.of(image, step, pool)) {
        long pixels = (long) Math.ceilDiv(image.width(), step) * Math.ceilDiv(image.height(), step);
        assertTrue(picture.bytes().byteSize() > pixels);
      }
      PixelRows rows = new PixelRows(image, step);
      byte[] bgr = new byte[3 * rows.width()];
      for (int y = 0; y < rows.height(); y++) {
        rows.read(y, bgr);
      }
    } catch (CapnProtoException | PoolExhaustedException e) {
      assertTrue(e.getMessage() != null);
    }
  }
}
