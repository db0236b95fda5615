package dev.segue.http2;

import io.netty.buffer.AbstractByteBuf;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.IllegalReferenceCountException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import java.nio.channels.FileChannel;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ScatteringByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * Lent memory as Netty's sockets want it: its address goes into the gathering write, and its
 * release lets go of who owns it.
 *
 * <p>Netty's own wrappers of a read-only buffer have no address on a JVM without Unsafe, and cost
 * several objects per frame; this one is a single object that the loop uses again, and counts
 * without atomics since it never leaves the loop of its connection.
 */
final class LentBuf extends AbstractByteBuf {
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final SendBuffers home;
  private MemorySegment segment = MemorySegment.NULL;
  private long start;
  private @Nullable MemoryHold owner;
  private ByteBufAllocator alloc = ByteBufAllocator.DEFAULT;
  private int count;

  LentBuf(SendBuffers home) {
    super(0);
    this.home = home;
  }

  /** Begins a life of this object: to be released once. */
  LentBuf show(
      MemorySegment segment, long start, int byteSize, MemoryHold owner, ByteBufAllocator alloc) {
    assert count == 0 : "view that is still in use";
    this.segment = segment;
    this.start = start;
    this.owner = owner;
    this.alloc = alloc;
    owner.acquire();
    count = 1;
    maxCapacity(byteSize);
    setIndex(0, byteSize);
    return this;
  }

  @Override
  public int refCnt() {
    return count;
  }

  @Override
  public ByteBuf retain() {
    return retain(1);
  }

  @Override
  public ByteBuf retain(int increment) {
    if (count <= 0) {
      throw new IllegalReferenceCountException(count, increment);
    }
    count += increment;
    return this;
  }

  @Override
  public boolean release() {
    return release(1);
  }

  @Override
  public boolean release(int decrement) {
    if (count < decrement) {
      throw new IllegalReferenceCountException(count, -decrement);
    }
    count -= decrement;
    if (count > 0) {
      return false;
    }
    MemoryHold held = owner;
    owner = null;
    segment = MemorySegment.NULL;
    home.recycle(this);
    if (held != null) {
      held.release();
    }
    return true;
  }

  @Override
  public ByteBuf touch() {
    return this;
  }

  @Override
  public ByteBuf touch(Object hint) {
    return this;
  }

  private ByteBuffer view(int index, int length) {
    checkIndex(index, length);
    return segment.asSlice(start + index, length).asByteBuffer();
  }

  @Override
  public boolean hasMemoryAddress() {
    return true;
  }

  @Override
  public long memoryAddress() {
    ensureAccessible();
    return segment.address() + start;
  }

  @Override
  public int nioBufferCount() {
    return 1;
  }

  @Override
  public ByteBuffer nioBuffer(int index, int length) {
    return view(index, length);
  }

  @Override
  public ByteBuffer internalNioBuffer(int index, int length) {
    return view(index, length);
  }

  @Override
  public ByteBuffer[] nioBuffers(int index, int length) {
    return new ByteBuffer[] {view(index, length)};
  }

  @Override
  public boolean isDirect() {
    return true;
  }

  @Override
  public boolean isReadOnly() {
    return true;
  }

  @Override
  public boolean hasArray() {
    return false;
  }

  @Override
  public byte[] array() {
    throw new UnsupportedOperationException("lent memory has no array");
  }

  @Override
  public int arrayOffset() {
    throw new UnsupportedOperationException("lent memory has no array");
  }

  @Override
  public int capacity() {
    return maxCapacity();
  }

  @Override
  public ByteBuf capacity(int newCapacity) {
    throw new ReadOnlyBufferException();
  }

  @Override
  public ByteBufAllocator alloc() {
    return alloc;
  }

  @Override
  @Deprecated
  @SuppressWarnings("InlineMeSuggester") // Netty's deprecation, not ours
  public ByteOrder order() {
    return ByteOrder.BIG_ENDIAN;
  }

  @Override
  public @Nullable ByteBuf unwrap() {
    return null;
  }

  @Override
  public ByteBuf copy(int index, int length) {
    return alloc.directBuffer(length).writeBytes(view(index, length));
  }

  @Override
  public ByteBuf getBytes(int index, ByteBuf target, int targetIndex, int length) {
    target.setBytes(targetIndex, view(index, length));
    return this;
  }

  @Override
  public ByteBuf getBytes(int index, byte[] target, int targetIndex, int length) {
    view(index, length).get(target, targetIndex, length);
    return this;
  }

  @Override
  public ByteBuf getBytes(int index, ByteBuffer target) {
    target.put(view(index, target.remaining()));
    return this;
  }

  @Override
  public ByteBuf getBytes(int index, OutputStream out, int length) throws IOException {
    byte[] part = new byte[length];
    getBytes(index, part, 0, length);
    out.write(part);
    return this;
  }

  @Override
  public int getBytes(int index, GatheringByteChannel out, int length) throws IOException {
    return out.write(view(index, length));
  }

  @Override
  public int getBytes(int index, FileChannel out, long position, int length) throws IOException {
    return out.write(view(index, length), position);
  }

  @Override
  protected byte _getByte(int index) {
    return segment.get(BYTE, start + index);
  }

  @Override
  protected short _getShort(int index) {
    return segment.get(SHORT, start + index);
  }

  @Override
  protected short _getShortLE(int index) {
    return Short.reverseBytes(_getShort(index));
  }

  @Override
  protected int _getUnsignedMedium(int index) {
    return ((_getByte(index) & 0xFF) << 16) | (_getShort(index + 1) & 0xFFFF);
  }

  @Override
  protected int _getUnsignedMediumLE(int index) {
    return (_getByte(index) & 0xFF) | ((_getShortLE(index + 1) & 0xFFFF) << 8);
  }

  @Override
  protected int _getInt(int index) {
    return segment.get(INT, start + index);
  }

  @Override
  protected int _getIntLE(int index) {
    return Integer.reverseBytes(_getInt(index));
  }

  @Override
  protected long _getLong(int index) {
    return segment.get(LONG, start + index);
  }

  @Override
  protected long _getLongLE(int index) {
    return Long.reverseBytes(_getLong(index));
  }

  @Override
  protected void _setByte(int index, int value) {
    throw new ReadOnlyBufferException();
  }

  @Override
  protected void _setShort(int index, int value) {
    throw new ReadOnlyBufferException();
  }

  @Override
  protected void _setShortLE(int index, int value) {
    throw new ReadOnlyBufferException();
  }

  @Override
  protected void _setMedium(int index, int value) {
    throw new ReadOnlyBufferException();
  }

  @Override
  protected void _setMediumLE(int index, int value) {
    throw new ReadOnlyBufferException();
  }

  @Override
  protected void _setInt(int index, int value) {
    throw new ReadOnlyBufferException();
  }

  @Override
  protected void _setIntLE(int index, int value) {
    throw new ReadOnlyBufferException();
  }

  @Override
  protected void _setLong(int index, long value) {
    throw new ReadOnlyBufferException();
  }

  @Override
  protected void _setLongLE(int index, long value) {
    throw new ReadOnlyBufferException();
  }

  @Override
  public ByteBuf setBytes(int index, ByteBuf source, int sourceIndex, int length) {
    throw new ReadOnlyBufferException();
  }

  @Override
  public ByteBuf setBytes(int index, byte[] source, int sourceIndex, int length) {
    throw new ReadOnlyBufferException();
  }

  @Override
  public ByteBuf setBytes(int index, ByteBuffer source) {
    throw new ReadOnlyBufferException();
  }

  @Override
  public int setBytes(int index, InputStream source, int length) {
    throw new ReadOnlyBufferException();
  }

  @Override
  public int setBytes(int index, ScatteringByteChannel source, int length) {
    throw new ReadOnlyBufferException();
  }

  @Override
  public int setBytes(int index, FileChannel source, long position, int length) {
    throw new ReadOnlyBufferException();
  }
}
