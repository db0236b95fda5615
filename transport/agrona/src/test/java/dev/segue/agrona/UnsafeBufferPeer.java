package dev.segue.agrona;

import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import java.io.StringWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Compares with Agrona's own buffer; a program, since that one needs {@code --add-opens}. */
final class UnsafeBufferPeer {
  private final Random random;

  private UnsafeBufferPeer(long seed) {
    random = new Random(seed);
  }

  public static void main(String[] arguments) throws Exception {
    UnsafeBufferPeer peer = new UnsafeBufferPeer(Long.parseLong(arguments[0]));
    int callCount = 0;
    for (int round = 0; round < 200; round++) {
      callCount += peer.compareReads(peer.content());
      peer.compareOrder(peer.content(), peer.content());
    }
    peer.borrowAndCopy();
    peer.readsOfMemoryThatWentBack();
    peer.readsOfManyBytes();
    System.out.println("same answers: " + (callCount > 1000));
  }

  /** Short texts and numbers with their length in front, then noise. */
  private byte[] content() {
    ByteBuffer content = ByteBuffer.allocate(random.nextInt(64)).order(ByteOrder.nativeOrder());
    while (content.remaining() > 12) {
      String text = Long.toString(random.nextLong() >> random.nextInt(64));
      int length = Math.min(text.length(), content.remaining() - 4);
      content.putInt(length).put(text.getBytes(StandardCharsets.US_ASCII), 0, length);
    }
    while (content.hasRemaining()) {
      content.put((byte) random.nextInt(4));
    }
    return content.array();
  }

  private int compareReads(byte[] content) throws Exception {
    DirectBuffer ours = AgronaBuffers.asDirectBuffer(Buffers.nativeOf(content));
    DirectBuffer theirs = new UnsafeBuffer(content);
    int callCount = 0;
    for (Method method : DirectBuffer.class.getMethods()) {
      String name = method.getName();
      if (!name.startsWith("get") && !name.startsWith("parse")) {
        continue;
      }
      for (int i = 0; i < 8; i++) {
        Object[] mine = argumentsOf(method, content.length);
        Object[] peers = copyOf(mine);
        Object expected = answer(method, theirs, peers);
        Object actual = answer(method, ours, mine);
        if (isStricter(mine, actual)) {
          continue;
        }
        check(Objects.equals(expected, actual), method, mine, expected, actual);
        for (int k = 0; k < mine.length; k++) {
          check(sameTarget(peers[k], mine[k]), method, mine, peers[k], mine[k]);
        }
        callCount++;
      }
    }
    return callCount;
  }

  /** Agrona lets some ranges of a negative length, or of none beyond the end, pass. */
  private static boolean isStricter(Object[] arguments, Object actual) {
    return actual == IndexOutOfBoundsException.class
        && Arrays.stream(arguments).anyMatch(value -> value instanceof Integer i && i <= 0);
  }

  private Object[] argumentsOf(Method method, int capacity) {
    Object[] arguments = new Object[method.getParameterCount()];
    for (int i = 0; i < arguments.length; i++) {
      Class<?> type = method.getParameterTypes()[i];
      if (type == int.class) {
        arguments[i] = random.nextInt(capacity + 3) - 1;
      } else if (type == ByteOrder.class) {
        arguments[i] = random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
      } else if (type == byte[].class) {
        arguments[i] = new byte[random.nextInt(12)];
      } else if (type == ByteBuffer.class) {
        arguments[i] = ByteBuffer.allocate(64);
      } else if (type == Appendable.class) {
        arguments[i] = new StringWriter();
      } else {
        arguments[i] = new UnsafeBuffer(new byte[64]);
      }
    }
    return arguments;
  }

  private static Object[] copyOf(Object[] arguments) {
    Object[] copy = arguments.clone();
    for (int i = 0; i < copy.length; i++) {
      if (copy[i] instanceof byte[] array) {
        copy[i] = array.clone();
      } else if (copy[i] instanceof ByteBuffer) {
        copy[i] = ByteBuffer.allocate(64);
      } else if (copy[i] instanceof StringWriter) {
        copy[i] = new StringWriter();
      } else if (copy[i] instanceof UnsafeBuffer) {
        copy[i] = new UnsafeBuffer(new byte[64]);
      }
    }
    return copy;
  }

  private static Object answer(Method method, DirectBuffer buffer, Object[] arguments)
      throws IllegalAccessException {
    try {
      return String.valueOf(method.invoke(buffer, arguments));
    } catch (InvocationTargetException e) {
      // A target may be too small: some checks throw a subclass of it.
      return e.getCause() instanceof IndexOutOfBoundsException
          ? IndexOutOfBoundsException.class
          : Objects.requireNonNull(e.getCause()).getClass();
    }
  }

  private static boolean sameTarget(Object expected, Object actual) {
    return switch (expected) {
      case byte[] array -> Arrays.equals(array, (byte[]) actual);
      case ByteBuffer buffer -> {
        ByteBuffer other = (ByteBuffer) actual;
        yield buffer.position() == other.position()
            && buffer.duplicate().clear().equals(other.duplicate().clear());
      }
      default -> expected.toString().equals(actual.toString()) || expected.equals(actual);
    };
  }

  private static void compareOrder(DirectBuffer ours, DirectBuffer theirs, DirectBuffer other) {
    check(ours.hashCode() == theirs.hashCode(), "hashCode", ours, theirs);
    check(!ours.equals(theirs) && !theirs.equals(ours), "equals", ours, theirs);
    int expected = Integer.signum(theirs.compareTo(other));
    check(Integer.signum(ours.compareTo(other)) == expected, "compareTo", ours, other);
    check(Integer.signum(other.compareTo(ours)) == -expected, "compareTo of ours", other, ours);
  }

  private void compareOrder(byte[] content, byte[] other) {
    DirectBuffer ours = AgronaBuffers.asDirectBuffer(Buffers.nativeOf(content));
    compareOrder(ours, new UnsafeBuffer(content), new UnsafeBuffer(other));
    compareOrder(ours, new UnsafeBuffer(content), new UnsafeBuffer(content));
  }

  private void borrowAndCopy() {
    ByteBuffer direct = Buffers.directOf(new byte[] {0, 1, 2, 3, 4, 5, 6, 7});
    long address = MemorySegment.ofBuffer(direct).address();
    UnsafeBuffer readOnly = new UnsafeBuffer(direct.asReadOnlyBuffer(), 2, 5);
    SegmentedBytes bytes = AgronaBuffers.fromBuffers(List.of(readOnly), false);
    check(bytes.segment(0).address() == address + 2 && bytes.byteSize() == 5, "borrow", bytes);

    UnsafeBuffer writable = new UnsafeBuffer(direct, 1, 6);
    MemorySegment part = AgronaBuffers.asReadOnlySegment(writable, 3, 2);
    check(part.address() == address + 4 && part.byteSize() == 2, "declared", part);
    UnsafeBuffer nested = new UnsafeBuffer(writable, 2, 3);
    check(AgronaBuffers.asReadOnlySegment(nested, 1, 1).address() == address + 4, "nested", nested);

    for (DirectBuffer any :
        List.of(
            writable,
            nested,
            new UnsafeBuffer(new byte[] {9, 3, 4, 5}, 1, 3),
            new UnsafeBuffer(ByteBuffer.wrap(new byte[] {3, 4, 5}).asReadOnlyBuffer()),
            new UnsafeBuffer(address + 3, 3))) {
      try {
        AgronaBuffers.fromBuffers(List.of(any), false);
        throw new AssertionError("borrowed " + any);
      } catch (IllegalArgumentException _) {
        byte[] copy = AgronaBuffers.fromBuffers(List.of(any), true).copyToByteArray();
        byte[] expected = new byte[any.capacity()];
        any.getBytes(0, expected);
        check(Arrays.equals(expected, copy), "copy", any);
      }
    }

    DirectBuffer ours = AgronaBuffers.asDirectBuffers(bytes).getFirst();
    UnsafeBuffer around = new UnsafeBuffer(ours, 1, 3);
    check(around.getByte(0) == 3 && around.getByte(2) == 5, "wrapped by Agrona", around);
    UnsafeBuffer target = new UnsafeBuffer(new byte[5]);
    target.putBytes(0, ours, 0, 5);
    check(target.getByte(4) == 6, "put by Agrona", target);
  }

  private void readsOfMemoryThatWentBack() {
    UnsafeBuffer target = new UnsafeBuffer(new byte[16]);
    DirectBuffer ofPool;
    try (OffHeapPool pool = new OffHeapPool(1 << 20)) {
      try (Loan loan = pool.loan(4096)) {
        loan.segment().fill((byte) 1);
        ofPool = AgronaBuffers.asDirectBuffers(loan.handOver()).getFirst();
        ofPool.getBytes(0, target, 0, 16);
        check(target.getByte(15) == 1, "in time", target);
      }
      try (Loan next = pool.loan(4096)) {
        next.segment().fill((byte) 99);
        refused(ofPool, target);
      }
    }
    DirectBuffer ofArena;
    try (Arena arena = Arena.ofShared()) {
      ofArena = AgronaBuffers.asDirectBuffer(arena.allocate(1 << 26));
    }
    refused(ofArena, target);
    check(target.getByte(15) == 1, "unchanged", target);
  }

  private static void refused(DirectBuffer ended, UnsafeBuffer target) {
    try {
      ended.getBytes(0, target, 0, 16);
    } catch (IllegalStateException _) {
      return;
    }
    throw new AssertionError("read of memory that went back: " + target.getByte(0));
  }

  private void readsOfManyBytes() {
    byte[] content = new byte[20_000];
    random.nextBytes(content);
    DirectBuffer ours = AgronaBuffers.asDirectBuffer(Buffers.nativeOf(content));
    UnsafeBuffer target = new UnsafeBuffer(new byte[20_000]);
    ours.getBytes(1, target, 0, 19_999);
    check(Arrays.equals(content, 1, 20_000, target.byteArray(), 0, 19_999), "many", target);
    ExpandableArrayBuffer growing = new ExpandableArrayBuffer(8);
    ours.getBytes(0, growing, 3, 20_000);
    check(growing.getByte(20_002) == content[19_999], "growing", growing);
    UnsafeBuffer small = new UnsafeBuffer(new byte[10_000]);
    try {
      ours.getBytes(0, small, 0, 20_000);
      throw new AssertionError("more than the target has");
    } catch (IndexOutOfBoundsException _) {
      check(Arrays.equals(new byte[10_000], small.byteArray()), "nothing is moved", small);
    }
  }

  private static void check(boolean holds, Object... about) {
    if (!holds) {
      throw new AssertionError(Arrays.deepToString(about));
    }
  }
}
