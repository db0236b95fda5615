package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.spi.Lend;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What holds for every layout, with a {@code byte[]} as oracle. */
@ParameterizedClass
@EnumSource(Layout.class)
record SegmentedBytesContractTest(Layout layout) {

  @Test
  void hasTheSizeOfItsContent() {
    for (byte[] content : Content.all()) {
      SegmentedBytes bytes = layout.of(content);
      assertEquals(content.length, bytes.byteSize());
      assertEquals(content.length == 0, bytes.isEmpty());
    }
  }

  @Test
  void eachByteIsFoundByItsOffset() {
    for (byte[] content : Content.all()) {
      SegmentedBytes bytes = layout.of(content);
      for (int i = 0; i < content.length; i++) {
        assertEquals(content[i], bytes.byteAt(i));
      }
      assertThrows(IndexOutOfBoundsException.class, () -> bytes.byteAt(-1));
      assertThrows(IndexOutOfBoundsException.class, () -> bytes.byteAt(content.length));
      assertThrows(IndexOutOfBoundsException.class, () -> bytes.byteAt(Long.MAX_VALUE));
    }
  }

  @Test
  void segmentsAreReadOnlyNativeAndNeverEmptyAndMakeUpTheContent() {
    for (byte[] content : Content.all()) {
      SegmentedBytes bytes = layout.of(content);
      List<MemorySegment> segments = bytes.segments();
      assertEquals(segments.size(), bytes.segmentCount());
      int at = 0;
      for (int i = 0; i < segments.size(); i++) {
        MemorySegment segment = segments.get(i);
        assertEquals(segment, bytes.segment(i));
        assertTrue(segment.isReadOnly());
        assertTrue(segment.isNative());
        assertNotEquals(0, segment.byteSize());
        int end = at + (int) segment.byteSize();
        assertArrayEquals(Arrays.copyOfRange(content, at, end), Content.bytesOf(segment));
        at = end;
      }
      assertEquals(content.length, at);
      assertThrows(IndexOutOfBoundsException.class, () -> bytes.segment(segments.size()));
      assertThrows(IndexOutOfBoundsException.class, () -> bytes.segment(-1));
      assertThrows(IndexOutOfBoundsException.class, () -> Lend.owner(bytes, segments.size()));
      assertThrows(UnsupportedOperationException.class, () -> segments.add(MemorySegment.NULL));
    }
  }

  @Test
  void aSliceIsAViewOfItsRange() {
    for (byte[] content : Content.all()) {
      SegmentedBytes bytes = layout.of(content);
      for (int from : edges(content.length)) {
        for (int to : edges(content.length)) {
          if (from <= to) {
            SegmentedBytes slice = bytes.slice(from, to - from);
            assertContent(Arrays.copyOfRange(content, from, to), slice);
            if (from < to) {
              assertEquals(addressAt(bytes, from), slice.segment(0).address());
            }
          }
        }
        assertContent(Arrays.copyOfRange(content, from, content.length), bytes.slice(from));
      }
      assertSame(bytes, bytes.slice(0));
    }
  }

  @Test
  void aSliceOutOfBoundsIsRejected() {
    for (byte[] content : Content.all()) {
      SegmentedBytes bytes = layout.of(content);
      long size = content.length;
      assertThrows(IndexOutOfBoundsException.class, () -> bytes.slice(-1, 1));
      assertThrows(IndexOutOfBoundsException.class, () -> bytes.slice(0, -1));
      assertThrows(IndexOutOfBoundsException.class, () -> bytes.slice(0, size + 1));
      assertThrows(IndexOutOfBoundsException.class, () -> bytes.slice(size, 1));
      assertThrows(IndexOutOfBoundsException.class, () -> bytes.slice(1, Long.MAX_VALUE));
      assertThrows(IndexOutOfBoundsException.class, () -> bytes.slice(-1));
      assertThrows(IndexOutOfBoundsException.class, () -> bytes.slice(size + 1));
    }
  }

  @Test
  void copiesAnyRangeIntoAnySegment() {
    for (byte[] content : Content.all()) {
      SegmentedBytes bytes = layout.of(content);
      for (int from : edges(content.length)) {
        int byteSize = (content.length - from + 1) / 2;
        byte[] expected = new byte[byteSize + 5];
        System.arraycopy(content, from, expected, 2, byteSize);
        byte[] onHeap = new byte[byteSize + 5];
        MemorySegment offHeap = Content.writable(onHeap);
        bytes.copyTo(from, MemorySegment.ofArray(onHeap), 2, byteSize);
        bytes.copyTo(from, offHeap, 2, byteSize);
        assertArrayEquals(expected, onHeap);
        assertArrayEquals(expected, Content.bytesOf(offHeap));
      }
    }
  }

  @Test
  void copiesAllOfItToTheStartOfATargetAndToAnArray() {
    for (byte[] content : Content.all()) {
      SegmentedBytes bytes = layout.of(content);
      byte[] larger = new byte[content.length + 1];
      bytes.copyTo(MemorySegment.ofArray(larger));
      assertArrayEquals(Arrays.copyOf(content, content.length + 1), larger);
      assertArrayEquals(content, bytes.copyToByteArray());
      assertEquals(new String(content, StandardCharsets.UTF_8), bytes.copyToUtf8String());
    }
  }

  @Test
  void aCopyOutOfBoundsIsRejectedAndMovesNoByte() {
    byte[] content = Content.random(64);
    SegmentedBytes bytes = layout.of(content);
    byte[] target = new byte[64];
    MemorySegment segment = MemorySegment.ofArray(target);
    assertThrows(IndexOutOfBoundsException.class, () -> bytes.copyTo(-1, segment, 0, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> bytes.copyTo(1, segment, 0, 64));
    assertThrows(IndexOutOfBoundsException.class, () -> bytes.copyTo(0, segment, 1, 64));
    assertThrows(IndexOutOfBoundsException.class, () -> bytes.copyTo(0, segment, 0, -1));
    assertThrows(IndexOutOfBoundsException.class, () -> bytes.copyTo(segment.asSlice(1)));
    assertArrayEquals(new byte[64], target);
  }

  @Test
  void copiesIntoAReadOnlyTargetAreRejected() {
    SegmentedBytes bytes = layout.of(Content.random(8));
    MemorySegment target = Content.borrowable(new byte[8]);
    assertThrows(IllegalArgumentException.class, () -> bytes.copyTo(target));
  }

  @Test
  void everyCopyIsInTheLedgerByteForByte() {
    SegmentedBytes bytes = layout.of(Content.random(64));
    MemorySegment target = MemorySegment.ofArray(new byte[64]);
    CopyLedger.Site site = CopyLedger.site("test.contract", "a test");
    CopyLedger.Snapshot copies =
        Copies.during(
            () -> {
              bytes.copyTo(target);
              bytes.copyTo(3, target, 0, 7);
              assertEquals(64, bytes.copyToByteArray().length);
              bytes.copyTo(site, 0, target, 0, 5);
            });
    assertEquals(64 + 7 + 64, copies.byteCount("bytes.copyTo"));
    assertEquals(5, copies.byteCount("test.contract"));
    assertEquals(64 + 7 + 64 + 5, copies.totalByteCount());
  }

  @Test
  void viewsCopyNothing() throws Exception {
    SegmentedBytes bytes = layout.of(Content.random(257));
    CopyLedger.Snapshot copies =
        Copies.during(
            () -> {
              SegmentedBytes view = SegmentedBytes.concat(List.of(bytes.slice(3, 100), bytes));
              assertEquals(357, view.byteSize());
              assertEquals(bytes, view.slice(100));
              assertEquals(bytes.hashCode(), view.slice(100).hashCode());
              assertFalse(view.asByteBuffers().isEmpty());
              assertEquals(50, view.reader().readSlice(50).byteSize());
            });
    assertEquals(0, copies.totalByteCount());
  }

  @Test
  void equalsAndHashCodeAreOfTheContentInEveryOtherLayout() {
    for (byte[] content : Content.all()) {
      SegmentedBytes bytes = layout.of(content);
      for (Layout other : Layout.values()) {
        SegmentedBytes same = other.of(content);
        assertEquals(bytes, same);
        assertEquals(bytes.hashCode(), same.hashCode());
        assertNotEquals(bytes, other.of(Arrays.copyOf(content, content.length + 1)));
        for (int at : edges(content.length - 1)) {
          byte[] changed = content.clone();
          changed[at] ^= 1;
          assertNotEquals(bytes, other.of(changed));
          assertNotEquals(bytes.hashCode(), other.of(changed).hashCode());
        }
      }
      assertFalse(bytes.equals(null));
      assertNotEquals(bytes, new Object());
    }
  }

  @Test
  void byteBuffersAreReadOnlyViewsInTheSamePlace() {
    for (byte[] content : Content.all()) {
      SegmentedBytes bytes = layout.of(content);
      byte[] gathered = new byte[content.length];
      int at = 0;
      for (ByteBuffer view : bytes.asByteBuffers()) {
        assertTrue(view.isReadOnly());
        assertTrue(view.isDirect());
        assertEquals(addressAt(bytes, at), MemorySegment.ofBuffer(view).address());
        int run = view.remaining();
        view.get(gathered, at, run);
        at += run;
      }
      assertArrayEquals(content, gathered);
    }
  }

  @Test
  void toStringTellsTheLayoutAndNoContent() {
    for (byte[] content : Content.all()) {
      SegmentedBytes bytes = layout.of(content);
      assertEquals(
          "SegmentedBytes[byteSize="
              + content.length
              + ", segmentCount="
              + bytes.segments().size()
              + "]",
          bytes.toString());
    }
  }

  private static void assertContent(byte[] expected, SegmentedBytes actual) {
    assertEquals(expected.length, actual.byteSize());
    assertArrayEquals(expected, actual.copyToByteArray());
    actual.segments().forEach(segment -> assertNotEquals(0, segment.byteSize()));
  }

  private static long addressAt(SegmentedBytes bytes, long byteOffset) {
    long left = byteOffset;
    for (MemorySegment segment : bytes.segments()) {
      if (left < segment.byteSize()) {
        return segment.address() + left;
      }
      left -= segment.byteSize();
    }
    throw new AssertionError("no byte at " + byteOffset);
  }

  /** All offsets of what is small; of what is large those around ends, powers of two and cuts. */
  private static Iterable<Integer> edges(int last) {
    TreeSet<Integer> edges = new TreeSet<>();
    for (int at = 0; at <= last; at++) {
      boolean isPowerOfTwo = (at & (at - 1)) == 0;
      if (last <= 31 || isPowerOfTwo || at % 1021 == 0 || at < 3 || last - at < 3) {
        edges.add(at);
      }
    }
    return edges;
  }
}
