package dev.segue.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.mcap.McapFormatException;
import dev.segue.zenoh.SourceInfo;
import dev.segue.zenoh.Timestamp;
import dev.segue.zenoh.ZenohId;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What Zenoh keeps of a sample is checked wherever it is read. */
class SampleRecordTest {
  private static final int TAG_BYTE_SIZE = 4;
  private static final int CRC_BYTE_SIZE = 4;

  private static final SampleRecord RECORD =
      new SampleRecord(
          Optional.of(new Timestamp(7, new ZenohId(1, 2))),
          Optional.of(new SourceInfo(new ZenohId(3, 4), 5, 6)),
          Optional.of(new SampleRecord.Reference(8, 9)),
          Optional.empty(),
          Optional.of(SegmentedBytes.copyOfUtf8("attached")));

  private static byte[] written(SampleRecord extra) {
    MemorySegment head = extra.head();
    byte[] attached =
        extra.attachment().map(SegmentedBytes::copyToByteArray).orElseGet(() -> new byte[0]);
    byte[] whole =
        Arrays.copyOf(head.toArray(ValueLayout.JAVA_BYTE), (int) head.byteSize() + attached.length);
    System.arraycopy(attached, 0, whole, (int) head.byteSize(), attached.length);
    return whole;
  }

  @Test
  void eachBitIsChecked() throws Exception {
    byte[] whole = written(RECORD);
    assertEquals(RECORD, SampleRecord.read(SegmentedBytes.copyOf(whole)));
    for (int bit = 0; bit < Byte.SIZE * whole.length; bit++) {
      byte[] damaged = whole.clone();
      damaged[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
      SegmentedBytes bytes = SegmentedBytes.copyOf(damaged);
      if (bit < Byte.SIZE * TAG_BYTE_SIZE) {
        assertFalse(SampleRecord.isOurs(bytes), "bit " + bit);
      } else {
        assertThrows(McapFormatException.class, () -> SampleRecord.read(bytes), "bit " + bit);
      }
    }
    for (int size = TAG_BYTE_SIZE + 1; size < whole.length; size++) {
      SegmentedBytes cut = SegmentedBytes.copyOf(Arrays.copyOf(whole, size));
      assertThrows(McapFormatException.class, () -> SampleRecord.read(cut), "size " + size);
    }
  }

  /** They have no checksum. */
  @Test
  void recordsOfBeforeAreRead() throws Exception {
    byte[] whole = written(RECORD);
    byte[] before = new byte[whole.length - CRC_BYTE_SIZE];
    System.arraycopy(
        "ZNO1".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, before, 0, TAG_BYTE_SIZE);
    System.arraycopy(
        whole, TAG_BYTE_SIZE + CRC_BYTE_SIZE, before, TAG_BYTE_SIZE, before.length - TAG_BYTE_SIZE);
    SegmentedBytes bytes = SegmentedBytes.copyOf(before);
    assertTrue(SampleRecord.isOurs(bytes));
    assertEquals(RECORD, SampleRecord.read(bytes));
  }
}
