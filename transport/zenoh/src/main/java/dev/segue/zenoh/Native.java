package dev.segue.zenoh;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.bytes.spi.NativeLibrary;
import dev.segue.bytes.spi.ProcessNotes;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * Links the native library, and turns its codes into exceptions and its memory into segments.
 *
 * <pre>
 *   Config, Session, Publisher, …  ──►  NativeConfig, NativeSession, NativePublisher, …  ──►  here
 *                                       private handles, typed methods, one for each downcall
 * </pre>
 *
 * <p>Restricted methods are called here and in {@link NativeLibrary} alone. Handles are addresses;
 * a text is its UTF-8 bytes and their count. A result below zero is a failure.
 */
@SuppressWarnings("restricted")
final class Native {
  private static final int ABI_VERSION = 9;

  /** A failure is {@code -(number << 8 | kind)}, and its message is kept under the number. */
  private static final long KIND_MASK = 0xFF;

  /** A bit of what a put returns: the core holds lent memory. */
  private static final long HELD = 1;

  /** A bit of what a put returns: it was put beyond the capacity of queues, and waits for room. */
  private static final long OWES = 4;

  /** Of a failed put: its token comes. */
  private static final long TOKEN_COMES = 0x40;

  /** An argument is not what the core takes. */
  private static final long BAD_ARGUMENT = 2;

  /** A panic that was caught; the token of a put that ends so comes in any case. */
  private static final long PANICKED = 3;

  /** What is noted of the process once a class loader has the library, for the process's life. */
  private static final String CLAIM = "segue-zenoh";

  private static final int FIRST_TEXT_CAPACITY = 512;

  /** All native memory, for ever: what lies at an address is a slice of it, which is one object. */
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private static final MemorySegment ALL_READ_ONLY = ALL.asReadOnly();

  private static final SymbolLookup LIBRARY = NativeLibrary.open("segue-zenoh", Native.class);
  private static final Linker LINKER = Linker.nativeLinker();

  static {
    checkAbi();
  }

  private static final MethodHandle ERROR_TAKE =
      handle("segue_error_take", JAVA_LONG, ADDRESS, JAVA_LONG);

  static {
    claim();
  }

  private Native() {}

  /** The handle of a function that returns a code, an address or a count. */
  static MethodHandle handle(String name, MemoryLayout... arguments) {
    return link(name, FunctionDescriptor.of(JAVA_LONG, arguments));
  }

  /** The handle of a function that frees. */
  static MethodHandle freeing(String name) {
    return link(name, FunctionDescriptor.ofVoid(JAVA_LONG));
  }

  private static MethodHandle link(String name, FunctionDescriptor signature) {
    MemorySegment symbol =
        LIBRARY
            .find(name)
            .orElseThrow(
                () -> new UnsatisfiedLinkError("the native library of segue-zenoh lacks " + name));
    return LINKER.downcallHandle(symbol, signature);
  }

  private static void checkAbi() {
    int found;
    try {
      found = (int) link("segue_abi_version", FunctionDescriptor.of(JAVA_INT)).invokeExact();
    } catch (Throwable e) {
      throw rethrow(e);
    }
    if (found != ABI_VERSION) {
      throw new UnsatisfiedLinkError(
          "the native library of segue-zenoh has abiVersion="
              + found
              + ", these classes need abiVersion="
              + ABI_VERSION
              + "; use a jar and a library of one build");
    }
  }

  /**
   * Takes the library for this class loader. The classes of another one would take the ended leases
   * of these out of the one queue of the process, and give memory back that the core still reads.
   */
  private static void claim() {
    if (ProcessNotes.putIfAbsent(CLAIM, "loaded") != null) {
      throw new UnsatisfiedLinkError(
          "the native library of segue-zenoh was loaded in this process by another class loader; let"
              + " one that both share load segue-zenoh and segue-bytes");
    }
  }

  /** A downcall. */
  interface Call {
    long run() throws Throwable;
  }

  /** A downcall that writes a text into a buffer and returns its whole length. */
  interface TextCall {
    long into(MemorySegment buffer, long capacity) throws Throwable;
  }

  /** The outcome of a downcall that is not on the hot path: there, an object for it is too much. */
  static long call(Call call) {
    try {
      return call.run();
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Frees what has this address. */
  static void free(MethodHandle freeing, long address) {
    try {
      freeing.invokeExact(address);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Throws errors, returns what else is unchecked to be thrown. */
  static RuntimeException rethrow(Throwable e) {
    return switch (e) {
      case RuntimeException unchecked -> unchecked;
      case Error error -> throw error;
      default -> new IllegalStateException("unexpected from a downcall", e);
    };
  }

  /**
   * A result that is not a failure.
   *
   * @throws IllegalArgumentException if the core doesn't take an argument
   */
  static long checked(ZenohException.Kind kind, String attempted, long result)
      throws ZenohException {
    if (result < 0) {
      throw failure(kind, attempted, result);
    }
    return result;
  }

  /** A result that is not a failure, where one can only be misuse. */
  static long argued(String attempted, long result) {
    if (result < 0) {
      throw new IllegalArgumentException(attempted + ": " + message(result));
    }
    return result;
  }

  /** A result that is not a failure, where one can only be a bug. */
  static long expected(String attempted, long result) {
    if (result < 0) {
      throw new IllegalStateException(attempted + ": " + message(result));
    }
    return result;
  }

  /** The error of a failure; misuse is thrown at once. */
  static ZenohException failure(ZenohException.Kind kind, String attempted, long failure) {
    String message = attempted + ": " + message(failure);
    long cause = kindOf(failure) & ~TOKEN_COMES;
    if (cause == BAD_ARGUMENT) {
      throw new IllegalArgumentException(message);
    }
    return new ZenohException(cause == PANICKED ? ZenohException.Kind.CORE : kind, message);
  }

  /** Returns whether a put that returned this succeeded, and the core holds nothing of it. */
  static boolean isReleased(long result) {
    return (result & (Long.MIN_VALUE | HELD)) == 0;
  }

  /** Returns whether who put has to wait for room: {@link NativePublisher#hasRoom}. */
  static boolean owesRoom(long result) {
    return (result & (Long.MIN_VALUE | OWES)) == OWES;
  }

  /** Returns whether the token of a put that returned this comes through the queue of leases. */
  static boolean tokenComes(long result) {
    return (result >= 0 && (result & HELD) != 0)
        || (result < 0 && (kindOf(result) == PANICKED || (kindOf(result) & TOKEN_COMES) != 0));
  }

  private static long kindOf(long failure) {
    return -failure & KIND_MASK;
  }

  /**
   * Returns what the core says of a failure, once; by its number, whichever thread asks and when.
   */
  private static String message(long failure) {
    Text text =
        readText((buffer, capacity) -> (long) ERROR_TAKE.invokeExact(failure, buffer, capacity));
    return text.failure == 0 ? text.value : "failure=" + failure;
  }

  /** The result of a call for a text: the text, or the failure's code. */
  record Text(String value, long failure) {
    String orArgued(String attempted) {
      argued(attempted, failure);
      return value;
    }

    String orThrow(ZenohException.Kind kind, String attempted) throws ZenohException {
      checked(kind, attempted, failure);
      return value;
    }

    String orExpected(String attempted) {
      expected(attempted, failure);
      return value;
    }
  }

  /** Makes a call for a text, again with a larger buffer if it doesn't fit. */
  static Text readText(TextCall call) {
    try (Arena arena = Arena.ofConfined()) {
      long capacity = FIRST_TEXT_CAPACITY;
      while (true) {
        MemorySegment buffer = arena.allocate(capacity);
        long length = call.into(buffer, capacity);
        if (length < 0) {
          return new Text("", length);
        }
        if (length <= capacity) {
          return new Text(text(buffer.address(), length), 0);
        }
        capacity = length;
      }
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * All native memory, read-only, until {@code arena} ends: what lies at an address is a slice of
   * it at that offset, which makes one object a view and not three.
   */
  static MemorySegment memory(Arena arena) {
    return ALL_READ_ONLY.reinterpret(arena, null);
  }

  /** A segment over native memory whose end the caller watches over. */
  static MemorySegment view(long address, long byteSize) {
    return ALL.asSlice(address, byteSize);
  }

  /** {@link #view}, read-only. */
  static MemorySegment readOnlyView(long address, long byteSize) {
    return ALL_READ_ONLY.asSlice(address, byteSize);
  }

  /** The number at an address. */
  static long longAt(long address) {
    return ALL.get(JAVA_LONG, address);
  }

  /** A copy of UTF-8 text in native memory; what is malformed becomes U+FFFD. */
  static String text(long address, long byteSize) {
    return new String(bytes(address, byteSize), StandardCharsets.UTF_8);
  }

  /** A copy of some bytes of native memory that are not payload: a key, a text. */
  static byte[] bytes(long address, long byteSize) {
    byte[] copy = new byte[Math.toIntExact(byteSize)];
    MemorySegment.copy(view(address, byteSize), JAVA_BYTE, 0, copy, 0, copy.length);
    return copy;
  }

  /** UTF-8 bytes of a text in an arena. */
  static MemorySegment utf8(Arena arena, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return arena.allocateFrom(JAVA_BYTE, bytes);
  }
}
