package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sizes that no {@code int} holds, by repeating one segment. */
class LargeBytesTest {
  private static final int UNIT = 1 << 20;
  private static final long GIB = 1L << 30;

  private final byte[] content = Content.random(UNIT);
  private final MemorySegment unit = Content.borrowable(content);

  private SegmentedBytes repeated(long byteSize) {
    int count = Math.toIntExact(byteSize / UNIT);
    SegmentedBytes whole = SegmentedBytes.fromSegments(Collections.nCopies(count, unit), false);
    return SegmentedBytes.concat(
        List.of(
            whole, SegmentedBytes.fromSegments(List.of(unit), false).slice(0, byteSize % UNIT)));
  }

  @ParameterizedTest
  @ValueSource(longs = {2 * GIB - 1, 2 * GIB, 2 * GIB + 3, 4 * GIB - 1, 4 * GIB, 5 * GIB + 3})
  void offsetsPastTwoAndFourGibibytesAreExact(long byteSize) {
    SegmentedBytes bytes = repeated(byteSize);
    assertEquals(byteSize, bytes.byteSize());
    for (long at : new long[] {0, byteSize / 2, 2 * GIB - 2, byteSize - 1}) {
      byte expected = content[(int) (at % UNIT)];
      assertEquals(expected, bytes.byteAt(at));
      assertEquals(expected, bytes.slice(at).byteAt(0));
      assertEquals(byteSize - at, bytes.slice(at).byteSize());
      BytesReader reader = bytes.reader();
      reader.seek(at);
      assertEquals(expected, reader.readByte());
      assertEquals(byteSize - at - 1, reader.remainingByteSize());
    }
    byte[] tail = new byte[7];
    bytes.copyTo(byteSize - 7, MemorySegment.ofArray(tail), 0, 7);
    for (int i = 0; i < 7; i++) {
      assertEquals(content[(int) ((byteSize - 7 + i) % UNIT)], tail[i]);
    }
    assertThrows(IndexOutOfBoundsException.class, () -> bytes.byteAt(byteSize));
  }

  @Test
  void aSliceAcrossFourGibibytesHasBothSides() {
    SegmentedBytes slice = repeated(5 * GIB).slice(4 * GIB - 2, 4);
    assertArrayEquals(
        new byte[] {content[UNIT - 2], content[UNIT - 1], content[0], content[1]},
        slice.copyToByteArray());
  }

  @Test
  void aStreamNeverTellsMoreThanAnIntIsAvailable() throws IOException {
    try (InputStream stream = repeated(5 * GIB).asInputStream()) {
      assertEquals(Integer.MAX_VALUE, stream.available());
      assertEquals(3 * GIB, stream.skip(3 * GIB));
      assertEquals(2 * GIB, stream.skip(Long.MAX_VALUE));
      assertEquals(-1, stream.read());
    }
  }

  @Test
  void whatNoArrayHoldsIsRefusedBeforeACopy() {
    SegmentedBytes bytes = repeated(2 * GIB);
    CopyLedger.Snapshot copies =
        Copies.during(
            () -> {
              OutOfMemoryError refusal =
                  assertThrows(OutOfMemoryError.class, bytes::copyToByteArray);
              assertEquals("byteSize=2147483648 does not fit into a byte[]", refusal.getMessage());
            });
    assertEquals(0, copies.totalByteCount());
  }

  @Test
  void differentSizesAreUnequalWithoutARead() {
    assertNotEquals(repeated(4 * GIB), repeated(4 * GIB + 1));
  }

  @Test
  @SuppressWarnings("restricted") // a size that no memory has; it is never read
  void sizesThatAddUpToMoreThanALongAreRefused() {
    MemorySegment half = MemorySegment.ofAddress(4096).reinterpret(1L << 62).asReadOnly();
    List<MemorySegment> tooMuch = List.of(half, half);
    assertThrows(ArithmeticException.class, () -> SegmentedBytes.fromSegments(tooMuch, false));
    assertThrows(ArithmeticException.class, () -> SegmentedBytes.fromSegments(tooMuch, true));
    SegmentedBytes one = SegmentedBytes.fromSegments(List.of(half), false);
    assertEquals(1L << 62, one.byteSize());
    assertThrows(ArithmeticException.class, () -> SegmentedBytes.concat(List.of(one, one)));
  }

  @Test
  @SuppressWarnings("restricted") // a size that no memory has; it is never read
  void aSegmentOfMoreThanOneGibibyteBecomesSeveralByteBuffers() {
    MemorySegment huge = MemorySegment.ofAddress(4096).reinterpret(4 * GIB + 5).asReadOnly();
    SegmentedBytes bytes = SegmentedBytes.fromSegments(List.of(huge), false);
    assertEquals(
        List.of(1 << 30, 1 << 30, 1 << 30, 1 << 30, 5),
        bytes.asByteBuffers().stream().map(view -> view.remaining()).toList());
  }
}
