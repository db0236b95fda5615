package dev.segue.http2;

/** The numbers of a DATA frame, RFC 9113 section 6.1. */
final class DataFrame {
  static final int TYPE = 0x0;
  static final int END_STREAM = 0x1;
  static final int PADDED = 0x8;
  static final int MAX_PAD_BYTE_SIZE = 255;

  private DataFrame() {}
}
