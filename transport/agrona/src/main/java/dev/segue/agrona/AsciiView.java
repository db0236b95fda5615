package dev.segue.agrona;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Bytes as characters for Agrona's number parser, which wants no string for them. */
record AsciiView(MemorySegment segment) implements CharSequence {
  @Override
  public int length() {
    return (int) segment.byteSize();
  }

  @Override
  public char charAt(int index) {
    return (char) (segment.get(ValueLayout.JAVA_BYTE, index) & 0xFF);
  }

  @Override
  public CharSequence subSequence(int start, int end) {
    return new AsciiView(segment.asSlice(start, end - start));
  }

  @Override
  public String toString() {
    return new StringBuilder(length()).append(this, 0, length()).toString();
  }
}
