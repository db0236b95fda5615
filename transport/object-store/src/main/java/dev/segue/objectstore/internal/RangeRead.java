package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectInfo;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A run of an object's bytes that is to be read into memory.
 *
 * @param byteOffset where the run begins in the object
 * @param region where it goes; as large as the run
 * @param pinned the version that is wanted; another one is a fault. Null for any
 * @param headKnown told once, on any thread, as soon as the object's size and version are known
 */
public record RangeRead(
    String key,
    long byteOffset,
    MemorySegment region,
    @Nullable ObjectInfo pinned,
    Consumer<ObjectInfo> headKnown) {
  /** A run of whose head nobody wants to know. */
  public RangeRead(String key, long byteOffset, MemorySegment region, @Nullable ObjectInfo pinned) {
    this(key, byteOffset, region, pinned, head -> {});
  }

  public long byteSize() {
    return region.byteSize();
  }

  /** A piece of it, of a version. */
  RangeRead slice(
      long from, long byteSize, @Nullable ObjectInfo version, Consumer<ObjectInfo> told) {
    return new RangeRead(key, byteOffset + from, region.asSlice(from, byteSize), version, told);
  }

  /** The same; {@code first} is told of the head before the others. */
  RangeRead telling(Consumer<ObjectInfo> first) {
    return new RangeRead(key, byteOffset, region, pinned, first.andThen(headKnown));
  }
}
