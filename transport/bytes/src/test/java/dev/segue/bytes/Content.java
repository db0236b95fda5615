package dev.segue.bytes;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What the tests put into memory, and how they read it back without the code under test. */
final class Content {
  /** Printed once; {@code -Dsegue.seed=…} takes it back. */
  static final long SEED = seed();

  private static final int[] BYTE_SIZES = {0, 1, 2, 7, 8, 9, 31, 64, 257, 4097};

  private Content() {}

  private static long seed() {
    String given = System.getProperty("segue.seed");
    long seed = given == null ? System.nanoTime() : Long.parseLong(given);
    System.out.println("segue.seed=" + seed);
    return seed;
  }

  static byte[] random(int byteSize) {
    byte[] content = new byte[byteSize];
    new Random(SEED + byteSize).nextBytes(content);
    return content;
  }

  /** Content of each size that matters to the directory or to a multi-byte read. */
  static List<byte[]> all() {
    List<byte[]> all = new ArrayList<>();
    for (int byteSize : BYTE_SIZES) {
      all.add(random(byteSize));
    }
    return all;
  }

  /** A writable native segment with this content. */
  static MemorySegment writable(byte... content) {
    return Arena.ofAuto().allocate(content.length, 8).copyFrom(MemorySegment.ofArray(content));
  }

  /** A read-only native segment with this content. */
  static MemorySegment borrowable(byte... content) {
    return writable(content).asReadOnly();
  }

  static byte[] bytesOf(MemorySegment segment) {
    return segment.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
  }
}
