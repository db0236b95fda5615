package dev.segue.mcap;

import dev.segue.bytes.BytesReader;
import dev.segue.bytes.SegmentedBytes;

/**
 * A record's opcode and length.
 *
 * @param where in the file, for messages
 */
record RecordHead(String where, int opcode, long byteSize) {
  /** Of the nine bytes that begin a record. */
  static RecordHead of(String where, SegmentedBytes nine) throws McapFormatException {
    BytesReader reader = nine.reader();
    RecordHead head =
        new RecordHead(where, Byte.toUnsignedInt(reader.readByte()), reader.readLong());
    if (head.opcode == 0) {
      throw new McapFormatException(head + ": no record has this opcode");
    }
    head.checkByteSize(0, Long.MAX_VALUE);
    return head;
  }

  void checkByteSize(long smallest, long largest) throws McapFormatException {
    if (byteSize < smallest || byteSize > largest) {
      throw new McapFormatException(
          this
              + ": byteSize="
              + Long.toUnsignedString(byteSize)
              + ", it can have from "
              + smallest
              + " to "
              + largest);
    }
  }

  /** Checks a record that is in a chunk; one that no version of the format knows yet may be. */
  void checkInChunk() throws McapFormatException {
    boolean isKnown = opcode <= Opcode.LAST_KNOWN;
    boolean isUsual =
        opcode == Opcode.SCHEMA || opcode == Opcode.CHANNEL || opcode == Opcode.MESSAGE;
    if (isKnown && !isUsual) {
      throw new McapFormatException(
          this + ": only schemas, channels and messages can be in a chunk");
    }
    if (opcode == Opcode.MESSAGE) {
      checkByteSize(Opcode.MESSAGE_HEAD_BYTE_SIZE, RecordInput.LARGEST_RECORD);
    }
  }

  @Override
  public String toString() {
    return "MCAP record opcode=" + opcode + " " + where;
  }
}
