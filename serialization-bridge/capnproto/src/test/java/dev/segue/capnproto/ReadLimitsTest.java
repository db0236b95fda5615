package dev.segue.capnproto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ReadLimitsTest {
  private final ReadLimits limits = ReadLimits.defaults();

  @Test
  void eachLimitIsSetAlone() {
    ReadLimits all =
        limits
            .withMaxSegmentCount(1)
            .withMaxSegmentByteSize(2)
            .withMaxMessageByteSize(3)
            .withTraversalLimitWordCount(4)
            .withNestingLimit(5);
    assertEquals(new ReadLimits(1, 2, 3, 4, 5), all);
  }

  @Test
  void aLimitThatIsNotPositiveOrNotPossibleIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> limits.withMaxSegmentCount(0));
    assertThrows(IllegalArgumentException.class, () -> limits.withMaxSegmentByteSize(-1));
    assertThrows(
        IllegalArgumentException.class,
        () -> limits.withMaxSegmentByteSize(ReadLimits.LARGEST_SEGMENT_BYTE_SIZE + 1));
    assertThrows(IllegalArgumentException.class, () -> limits.withMaxMessageByteSize(0));
    assertThrows(IllegalArgumentException.class, () -> limits.withTraversalLimitWordCount(-1));
    assertThrows(IllegalArgumentException.class, () -> limits.withNestingLimit(0));
  }

  @Test
  void theTraversalLimitIsBoundedByTheMessage() {
    ReadLimits none = limits.withTraversalLimitWordCount(Long.MAX_VALUE);
    assertEquals(1 << 20, none.traversalLimitWordCountFor(24));
    assertEquals(64L << 20, none.traversalLimitWordCountFor(8L << 20));
    assertEquals(Long.MAX_VALUE, none.traversalLimitWordCountFor(Long.MAX_VALUE));
    assertEquals(10, limits.withTraversalLimitWordCount(10).traversalLimitWordCountFor(1 << 30));
  }
}
