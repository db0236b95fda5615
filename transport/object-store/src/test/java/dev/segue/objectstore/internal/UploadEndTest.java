package dev.segue.objectstore.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.checksum.Crc;
import dev.segue.objectstore.checksum.StoredChecksum;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What proves that an upload made the object that is there. */
class UploadEndTest {
  private static final byte[] WHOLE =
      "the first part, and the second".getBytes(StandardCharsets.UTF_8);
  private static final int CUT = 15;
  private static final String MARK = "mark";

  private static byte[] first() {
    return java.util.Arrays.copyOf(WHOLE, CUT);
  }

  private static byte[] second() {
    return java.util.Arrays.copyOfRange(WHOLE, CUT, WHOLE.length);
  }

  private static List<PartSink.Part> parts(@Nullable Crc crc) {
    List<PartSink.Part> parts = new ArrayList<>();
    for (byte[] each : List.of(first(), second())) {
      long checksum = crc == null ? 0 : crc.of(ByteBuffer.wrap(each));
      parts.add(new PartSink.Part(parts.size() + 1, each.length, "\"p\"", checksum));
    }
    return parts;
  }

  private static PartSink.There there(
      long byteSize, String etag, String mark, @Nullable StoredChecksum stored) {
    return new PartSink.There(new ObjectInfo("k", byteSize, etag, Instant.EPOCH), mark, stored);
  }

  private static StoredChecksum stored(Crc crc, String text) {
    return Objects.requireNonNull(StoredChecksum.of(crc, text));
  }

  private static String whole(Crc crc) {
    return crc.base64(crc.of(ByteBuffer.wrap(WHOLE)));
  }

  private static String composite(Crc crc) {
    long a = crc.of(ByteBuffer.wrap(first()));
    long b = crc.of(ByteBuffer.wrap(second()));
    byte[] both = new byte[2 * crc.bytes(a).length];
    System.arraycopy(crc.bytes(a), 0, both, 0, both.length / 2);
    System.arraycopy(crc.bytes(b), 0, both, both.length / 2, both.length / 2);
    return crc.base64(crc.of(ByteBuffer.wrap(both)));
  }

  @ParameterizedTest
  @EnumSource
  void theChecksumOfAllFollowsFromThoseOfTheParts(Crc crc) {
    UploadEnd end = UploadEnd.of(parts(crc), crc, MARK);
    assertEquals(WHOLE.length, end.byteSize());
    assertEquals(crc.of(ByteBuffer.wrap(WHOLE)), end.crcOfAll());
    assertEquals(0, UploadEnd.of(parts(null), null, MARK).crcOfAll());
  }

  @ParameterizedTest
  @EnumSource
  void theMarkProvesItUnlessSizeOrChecksumSayOtherwise(Crc crc) {
    UploadEnd end = UploadEnd.of(parts(crc), crc, MARK);
    long size = WHOLE.length;
    assertTrue(end.hasMade(there(size, "", MARK, null)));
    assertFalse(end.hasMade(there(size, "", "other", null)));
    assertFalse(end.hasMade(there(size, "", "", null)));
    assertFalse(end.hasMade(there(size + 1, "", MARK, null)));
    assertTrue(end.hasMade(there(size, "", MARK, stored(crc, whole(crc)))));
    assertTrue(end.hasMade(there(size, "", MARK, stored(crc, composite(crc) + "-2"))));
    assertFalse(end.hasMade(there(size, "", MARK, stored(crc, composite(crc)))));
    assertFalse(end.hasMade(there(size, "", MARK, stored(crc, composite(crc) + "-3"))));
    assertFalse(end.hasMade(there(size, "", MARK, stored(crc, whole(crc) + "-2"))));
    Crc other = crc == Crc.CRC32 ? Crc.CRC32C : Crc.CRC32;
    assertTrue(end.hasMade(there(size, "", MARK, stored(other, whole(other)))));
    UploadEnd unmarked = UploadEnd.of(parts(crc), crc, "");
    assertFalse(unmarked.hasMade(there(size, "", "", stored(crc, whole(crc)))));
  }
}
