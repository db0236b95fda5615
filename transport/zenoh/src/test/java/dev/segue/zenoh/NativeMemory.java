package dev.segue.zenoh;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What native code of this process has taken and not given back, as glibc counts it. The resident
 * size says something else: Java's heap, and the gaps that the allocator keeps, are in it as well.
 */
final class NativeMemory {
  private static final StructLayout INFO =
      MemoryLayout.structLayout(
          Stream.of(
                  "arena",
                  "ordblks",
                  "smblks",
                  "hblks",
                  "hblkhd",
                  "usmblks",
                  "fsmblks",
                  "uordblks",
                  "fordblks",
                  "keepcost")
              .map(ValueLayout.JAVA_LONG::withName)
              .toArray(MemoryLayout[]::new));

  @SuppressWarnings("restricted")
  private static final Optional<MethodHandle> MALLINFO2 =
      Linker.nativeLinker()
          .defaultLookup()
          .find("mallinfo2")
          .map(symbol -> Linker.nativeLinker().downcallHandle(symbol, FunctionDescriptor.of(INFO)));

  private NativeMemory() {}

  /**
   * In bytes: blocks of the heap, and those that have a mapping of their own. The JVM's compiler
   * takes tens of megabytes for a moment, so this is the least within a second.
   */
  static long usedByteSize() throws InterruptedException {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 20; i++) {
      least = Math.min(least, usedByteSizeNow());
      Thread.sleep(50);
    }
    return least;
  }

  private static long usedByteSizeNow() {
    assumeTrue(MALLINFO2.isPresent(), "no glibc of 2.33 or later");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info =
          (MemorySegment) MALLINFO2.orElseThrow().invokeExact((SegmentAllocator) arena);
      return field(info, "uordblks") + field(info, "hblkhd");
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static long field(MemorySegment info, String name) {
    return info.get(ValueLayout.JAVA_LONG, INFO.byteOffset(PathElement.groupElement(name)));
  }

  /** How many mappings the process has: libraries, stacks, shared memory, large blocks. */
  static long mappingCount() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines.count();
    }
  }
}
