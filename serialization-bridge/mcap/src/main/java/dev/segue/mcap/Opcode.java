package dev.segue.mcap;

/** The numbers of the records, and the sizes of their fixed fields. */
final class Opcode {
  static final int HEADER = 0x01;
  static final int FOOTER = 0x02;
  static final int SCHEMA = 0x03;
  static final int CHANNEL = 0x04;
  static final int MESSAGE = 0x05;
  static final int CHUNK = 0x06;
  static final int MESSAGE_INDEX = 0x07;
  static final int CHUNK_INDEX = 0x08;
  static final int ATTACHMENT = 0x09;
  static final int ATTACHMENT_INDEX = 0x0A;
  static final int STATISTICS = 0x0B;
  static final int METADATA = 0x0C;
  static final int METADATA_INDEX = 0x0D;
  static final int SUMMARY_OFFSET = 0x0E;
  static final int DATA_END = 0x0F;

  /** What lies between this and the private ones is for later versions: readers skip it. */
  static final int LAST_KNOWN = DATA_END;

  /** From here on an application's own: the format never uses them, and readers skip them. */
  static final int FIRST_PRIVATE = 0x80;

  /** An opcode and a length. */
  static final int RECORD_HEAD_BYTE_SIZE = 9;

  /** Channel id, sequence, log time, publish time. */
  static final int MESSAGE_HEAD_BYTE_SIZE = 22;

  static final int FOOTER_BYTE_SIZE = 20;

  /** {@code \x89MCAP0\r\n}, read little-endian. */
  static final long MAGIC = 0x0A0D_3050_4143_4D89L;

  static final int MAGIC_BYTE_SIZE = 8;

  private Opcode() {}
}
