package dev.segue.capnproto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.capnproto.AnyPointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is just within a limit is taken, and the next larger one refused with the number. */
class ExactLimitsTest {
  private final OffHeapPool pool = new OffHeapPool(1 << 16);

  @AfterEach
  void end() {
    assertEquals(pool.capacityByteSize(), pool.availableByteSize());
    pool.close();
  }

  /** A message whose segments have so many words. */
  private static byte[] message(int... wordCounts) {
    int words = (wordCounts.length + 2) / 2 + Arrays.stream(wordCounts).sum();
    ByteBuffer bytes = ByteBuffer.allocate(words * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(wordCounts.length - 1);
    for (int count : wordCounts) {
      bytes.putInt(count);
    }
    return bytes.array();
  }

  private MessageView view(byte[] message, ReadLimits limits) throws CapnProtoException {
    return MessageView.of(SegmentedBytes.copyOf(message), limits, pool);
  }

  private String refusal(byte[] message, ReadLimits limits) {
    CapnProtoException refused =
        assertThrows(CapnProtoException.class, () -> view(message, limits).close());
    return String.valueOf(refused.getMessage());
  }

  @Test
  void aTableHasWholeWordsAndNamesEachSegment() throws Exception {
    for (int count = 1; count <= 6; count++) {
      int[] wordCounts = new int[count];
      for (int i = 0; i < count; i++) {
        wordCounts[i] = i + 1;
      }
      byte[] message = message(wordCounts);
      try (MessageView view = view(message, ReadLimits.defaults())) {
        assertEquals(count, view.segmentCount());
        assertEquals(message.length, view.byteSize());
        assertTrue(view.isInPlace());
        assertEquals(0, view.copiedByteSize());
        for (int i = 0; i < count; i++) {
          assertEquals((i + 1) * Long.BYTES, view.segmentBuffer(i).remaining());
          assertEquals(ByteOrder.LITTLE_ENDIAN, view.segmentBuffer(i).order());
        }
        String text = view.toString();
        assertTrue(text.contains("byteSize=" + message.length), text);
        assertTrue(text.contains("segmentCount=" + count), text);
      }
    }
  }

  @Test
  void aMessageOfExactlyTheLimitsIsRead() throws Exception {
    byte[] message = message(3, 5);
    ReadLimits limits =
        ReadLimits.defaults()
            .withMaxSegmentCount(2)
            .withMaxSegmentByteSize(40)
            .withMaxMessageByteSize(message.length);
    view(message, limits).close();
    String count = refusal(message, limits.withMaxSegmentCount(1));
    assertTrue(count.contains("segmentCount=2 exceeds maxSegmentCount=1"), count);
    String segment = refusal(message, limits.withMaxSegmentByteSize(39));
    assertTrue(segment.contains("segment index=1 byteSize=40 exceeds"), segment);
    String whole = refusal(message, limits.withMaxMessageByteSize(message.length - 1));
    assertTrue(whole.contains("byteSize up to segment index=1=" + message.length), whole);
  }

  @Test
  void aMessageThatEndsWithItsLastByteIsRead() throws Exception {
    byte[] message = message(2, 1);
    byte[] more = Arrays.copyOf(message, message.length + 3);
    try (MessageView view = view(more, ReadLimits.defaults())) {
      assertEquals(message.length, view.byteSize());
    }
    view(message, ReadLimits.defaults()).close();
    for (int length = 0; length < message.length; length++) {
      String said = refusal(Arrays.copyOf(message, length), ReadLimits.defaults());
      String what = length < 16 ? "segment table" : "message";
      assertTrue(said.contains("its " + what + " of byteSize="), said);
      assertTrue(said.contains("is cut off by the end of"), said);
    }
  }

  /** 2^32 segments, and 2^32 - 1 words in one: unsigned, both. */
  @Test
  void numbersOfATableAreUnsigned() {
    byte[] many = message(1);
    Arrays.fill(many, 0, 4, (byte) 0xFF);
    assertTrue(refusal(many, ReadLimits.defaults()).contains("segmentCount=4294967296"));
    byte[] large = message(1);
    Arrays.fill(large, 4, 8, (byte) 0xFF);
    assertTrue(
        refusal(large, ReadLimits.defaults()).contains("segment index=0 byteSize=34359738360"));
  }

  private static SegmentedBytes inTwoPieces(byte[] message) {
    return SegmentedBytes.concat(
        List.of(
            SegmentedBytes.copyOf(Arrays.copyOf(message, 40)),
            SegmentedBytes.copyOf(Arrays.copyOfRange(message, 40, message.length))));
  }

  @Test
  void aSegmentInPiecesNeedsRoomInThePool() throws Exception {
    try (OffHeapPool small = new OffHeapPool(4096)) {
      try (MessageView view = MessageView.of(inTwoPieces(message(1, 512)), small)) {
        assertEquals(4096, view.copiedByteSize());
        assertFalse(view.isInPlace());
        assertEquals(0, small.availableByteSize());
      }
      CapnProtoException refused =
          assertThrows(
              CapnProtoException.class,
              () -> MessageView.of(inTwoPieces(message(1, 513)), small).close());
      assertTrue(String.valueOf(refused.getMessage()).contains("capacityByteSize=4096"));
      assertEquals(4096, small.availableByteSize());
    }
  }

  @Test
  void limitsAreTheLargestThatArePossible() {
    ReadLimits defaults = ReadLimits.defaults();
    assertEquals(1, defaults.withNestingLimit(1).nestingLimit());
    assertEquals(
        ReadLimits.LARGEST_SEGMENT_BYTE_SIZE,
        defaults.withMaxSegmentByteSize(ReadLimits.LARGEST_SEGMENT_BYTE_SIZE).maxSegmentByteSize());
    ReadLimits none = defaults.withTraversalLimitWordCount(Long.MAX_VALUE);
    // 64 times a message, from the one on that may be read a million words at least.
    long words = (1 << 20) / 64;
    assertEquals(1 << 20, none.traversalLimitWordCountFor(words * Long.BYTES));
    assertEquals((1 << 20) + 64, none.traversalLimitWordCountFor((words + 1) * Long.BYTES));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 7, 8, 9, 16, 4_000})
  void capturedDataHasAPadAndWholeWords(long byteSize) {
    long expected = 8 + (byteSize + 7) / 8 * 8;
    assertEquals(expected, CapturedData.loanByteSize(byteSize));
    try (CapturedData data = CapturedData.of(pool, byteSize)) {
      assertEquals(byteSize, data.segment().byteSize());
      assertEquals("CapturedData[byteSize=" + byteSize + "]", data.toString());
    }
    try (Loan loan = pool.loan(expected);
        CapturedData data = CapturedData.fromLoan(loan)) {
      assertEquals(loan.byteSize() / 8 * 8 - 8, data.segment().byteSize());
    }
  }

  @Test
  void dataThatNoPointerCountsIsRefused() {
    assertEquals(1L << 29, CapturedData.LARGEST_BYTE_SIZE + 1);
    assertEquals((1L << 29) + 8, CapturedData.loanByteSize(CapturedData.LARGEST_BYTE_SIZE));
    assertThrows(IllegalArgumentException.class, () -> CapturedData.loanByteSize(1L << 29));
    assertThrows(IllegalArgumentException.class, () -> CapturedData.loanByteSize(0));
    assertThrows(IllegalArgumentException.class, () -> CapturedData.loanByteSize(-1));
    try (Loan two = pool.loan(16);
        CapturedData data = CapturedData.fromLoan(two)) {
      assertEquals(8, data.segment().byteSize());
    }
    try (Loan less = pool.loan(15)) {
      assertThrows(IllegalArgumentException.class, () -> CapturedData.fromLoan(less));
    }
  }

  @Test
  void theHeadOfAMessageHasItsLimits() {
    assertThrows(IllegalArgumentException.class, () -> LoanMessage.of(pool, pool, 63));
    assertThrows(IllegalArgumentException.class, () -> LoanMessage.of(pool, pool, (1 << 30) + 1));
    for (int byteSize : new int[] {64, 65}) {
      try (LoanMessage message = LoanMessage.of(pool, pool, byteSize)) {
        message.initRoot(AnyPointer.factory);
        assertEquals("LoanMessage[segmentCount=1]", message.toString());
        // The table of two segments, and a null root.
        assertEquals(24, message.handOver().byteSize());
        assertEquals(message.handOver(), message.handOver());
      }
    }
  }
}
