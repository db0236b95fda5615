package dev.segue.iceoryx2;

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
 *   Node, Publisher, Subscriber, …  ──►  NativeNode, NativePublisher, NativeSubscriber, …  ──►  here
 *                                        private handles, typed methods, one for each downcall
 * </pre>
 *
 * <p>Restricted methods are called here and in {@link NativeLibrary} alone. Handles are addresses;
 * a text is its UTF-8 bytes and their count. A result below zero is a failure.
 */
@SuppressWarnings("restricted")
final class Native {
  private static final int ABI_VERSION = 4;

  /** A failure is {@code -(number << 8 | kind)}, and its message is kept under the number. */
  private static final long KIND_MASK = 0xFF;

  /** An argument is not what the core takes. */
  private static final long BAD_ARGUMENT = 2;

  /** A panic that was caught. */
  private static final long PANICKED = 3;

  /** There is not that much shared memory. */
  private static final long NO_MEMORY = 4;

  /** As many samples are open as the service allows. */
  private static final long TOO_MANY_BORROWED = 5;

  /** Under it the process notes the copy of the library that it has, for the process's life. */
  private static final String CLAIM = "segue-iceoryx2";

  private static final String VERSION_FUNCTION = "segue_ice_abi_version";
  private static final int FIRST_TEXT_CAPACITY = 512;

  /** All native memory, for ever: what lies at an address is a slice of it, which is one object. */
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private static final MemorySegment ALL_READ_ONLY = ALL.asReadOnly();

  private static final SymbolLookup LIBRARY = NativeLibrary.open("segue-iceoryx2", Native.class);
  private static final Linker LINKER = Linker.nativeLinker();

  static {
    checkAbi();
    claim();
  }

  private static final MethodHandle ERROR_TAKE =
      handle("segue_ice_error_take", JAVA_LONG, ADDRESS, JAVA_LONG);

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
                () ->
                    new UnsatisfiedLinkError("the native library of segue-iceoryx2 lacks " + name));
    return LINKER.downcallHandle(symbol, signature);
  }

  private static void checkAbi() {
    int found;
    try {
      found = (int) link(VERSION_FUNCTION, FunctionDescriptor.of(JAVA_INT)).invokeExact();
    } catch (Throwable e) {
      throw rethrow(e);
    }
    if (found != ABI_VERSION) {
      throw new UnsatisfiedLinkError(
          "the native library of segue-iceoryx2 has abiVersion="
              + found
              + ", these classes need abiVersion="
              + ABI_VERSION
              + "; use a jar and a library of one build");
    }
  }

  /**
   * Takes this copy of the library for the process. A copy knows its own nodes alone, and takes
   * those of another one for a dead process's: it would remove their services and memory. Several
   * class loaders may have the same copy.
   */
  private static void claim() {
    String own = Long.toHexString(LIBRARY.findOrThrow(VERSION_FUNCTION).address());
    String first = ProcessNotes.putIfAbsent(CLAIM, own);
    if (first != null && !first.equals(own)) {
      throw new UnsatisfiedLinkError(
          "another copy of the native library of segue-iceoryx2 was loaded in this process by another"
              + " class loader; let one that both share load segue-iceoryx2 and segue-bytes");
    }
  }

  /** A downcall. */
  interface Call {
    long run() throws Throwable;
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
   * @throws IllegalStateException if as many samples are open as the service allows
   */
  static long checked(IceoryxException.Kind kind, String attempted, long result)
      throws IceoryxException {
    if (result < 0) {
      throw failure(kind, attempted, result);
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
  static IceoryxException failure(IceoryxException.Kind kind, String attempted, long failure) {
    String message = attempted + ": " + message(failure);
    long cause = -failure & KIND_MASK;
    if (cause == BAD_ARGUMENT) {
      throw new IllegalArgumentException(message);
    }
    if (cause == TOO_MANY_BORROWED) {
      throw new IllegalStateException(
          message + "; as many samples are open as the service allows: close one first");
    }
    return new IceoryxException(
        cause == PANICKED
            ? IceoryxException.Kind.CORE
            : cause == NO_MEMORY ? IceoryxException.Kind.SHARED_MEMORY : kind,
        message);
  }

  /**
   * Returns what the core says of a failure, once; by its number, whichever thread asks and when.
   */
  private static String message(long failure) {
    try (Arena arena = Arena.ofConfined()) {
      long capacity = FIRST_TEXT_CAPACITY;
      while (true) {
        MemorySegment buffer = arena.allocate(capacity);
        long length = (long) ERROR_TAKE.invokeExact(failure, buffer, capacity);
        if (length <= capacity) {
          byte[] copy = new byte[Math.toIntExact(length)];
          MemorySegment.copy(buffer, JAVA_BYTE, 0, copy, 0, copy.length);
          return new String(copy, StandardCharsets.UTF_8);
        }
        capacity = length;
      }
    } catch (Throwable e) {
      throw rethrow(e);
    }
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

  /** UTF-8 bytes of a text in an arena. */
  static MemorySegment utf8(Arena arena, String text) {
    return arena.allocateFrom(JAVA_BYTE, text.getBytes(StandardCharsets.UTF_8));
  }
}
