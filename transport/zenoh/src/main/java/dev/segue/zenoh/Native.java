package dev.segue.zenoh;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * Every downcall and its signature; restricted methods are called here and in {@link NativeLibrary}
 * alone.
 *
 * <p>Handles are addresses. A text is its UTF-8 bytes and their count. A result below zero is an
 * error whose message {@code segue_last_error} has for the same thread.
 */
@SuppressWarnings("restricted")
final class Native {
  private static final int ABI_VERSION = 1;

  /** An argument is not what the core takes. */
  static final long BAD_ARGUMENT = -2;

  /** A panic that was caught; the token of a put that ends so comes in any case. */
  static final long PANICKED = -3;

  /** A drain of a queue that is closed and empty. */
  static final long ENDED = -10;

  /** At and below it, a put failed and its token comes. */
  static final long TOKEN_COMES = -100;

  private static final SymbolLookup LIBRARY = NativeLibrary.open();
  private static final Linker LINKER = Linker.nativeLinker();

  static {
    checkAbi();
  }

  private static final MethodHandle LAST_ERROR = handle("segue_last_error", ADDRESS, JAVA_LONG);

  // config
  static final MethodHandle CONFIG_DEFAULT = handle("segue_config_default");
  static final MethodHandle CONFIG_FROM_JSON5 =
      handle("segue_config_from_json5", ADDRESS, JAVA_LONG);
  static final MethodHandle CONFIG_FROM_FILE = handle("segue_config_from_file", ADDRESS, JAVA_LONG);
  static final MethodHandle CONFIG_FROM_ENV = handle("segue_config_from_env");
  static final MethodHandle CONFIG_INSERT =
      handle("segue_config_insert", JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
  static final MethodHandle CONFIG_GET =
      handle("segue_config_get", JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
  static final MethodHandle CONFIG_FREE = action("segue_config_free", JAVA_LONG);

  // session
  static final MethodHandle SESSION_OPEN = handle("segue_session_open", JAVA_LONG);
  static final MethodHandle SESSION_CLOSE = handle("segue_session_close", JAVA_LONG);
  static final MethodHandle SESSION_FREE = action("segue_session_free", JAVA_LONG);
  static final MethodHandle SESSION_INFO =
      handle("segue_session_info", JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
  static final MethodHandle SESSION_METRICS =
      handle("segue_session_metrics", JAVA_LONG, ADDRESS, JAVA_LONG);
  static final MethodHandle SESSION_TIMESTAMP =
      handle("segue_session_timestamp", JAVA_LONG, ADDRESS);

  // key expressions
  static final MethodHandle KEYEXPR_CANONIZE =
      handle("segue_keyexpr_canonize", ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
  static final MethodHandle KEYEXPR_RELATION =
      handle("segue_keyexpr_relation", ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
  static final MethodHandle KEYEXPR_JOIN =
      handle(
          "segue_keyexpr_join",
          ADDRESS,
          JAVA_LONG,
          ADDRESS,
          JAVA_LONG,
          JAVA_INT,
          ADDRESS,
          JAVA_LONG);

  // publishers; the last four arguments keep the scopes of up to four segments open
  static final MethodHandle PUBLISHER_DECLARE =
      handle("segue_publisher_declare", JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS);
  static final MethodHandle PUBLISHER_FREE = handle("segue_publisher_free", JAVA_LONG);
  static final MethodHandle PUBLISHER_MATCHING = handle("segue_publisher_matching", JAVA_LONG);
  static final MethodHandle PUBLISHER_PUT_ONE =
      handle("segue_publisher_put_one", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG);
  static final MethodHandle PUBLISHER_PUT =
      handle(
          "segue_publisher_put",
          JAVA_LONG,
          ADDRESS,
          JAVA_INT,
          JAVA_LONG,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS);
  static final MethodHandle PUBLISHER_PUT_WITH =
      handle("segue_publisher_put_with", JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
  static final MethodHandle PUBLISHER_DELETE = handle("segue_publisher_delete", JAVA_LONG, ADDRESS);
  static final MethodHandle SESSION_PUT =
      handle(
          "segue_session_put",
          JAVA_LONG,
          ADDRESS,
          JAVA_LONG,
          JAVA_INT,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS);
  static final MethodHandle LEASES_DRAIN =
      handle("segue_leases_drain", ADDRESS, JAVA_LONG, JAVA_LONG);

  // subscribers
  static final MethodHandle SUBSCRIBER_DECLARE =
      handle(
          "segue_subscriber_declare", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
  static final MethodHandle SUBSCRIBER_DRAIN =
      handle("segue_subscriber_drain", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  static final MethodHandle SUBSCRIBER_COUNTS =
      handle("segue_subscriber_counts", JAVA_LONG, ADDRESS);
  static final MethodHandle SUBSCRIBER_CLOSE = handle("segue_subscriber_close", JAVA_LONG);
  static final MethodHandle SUBSCRIBER_FREE = action("segue_subscriber_free", JAVA_LONG);
  static final MethodHandle BATCH_NEW = handle("segue_batch_new", JAVA_LONG, ADDRESS);
  static final MethodHandle BATCH_CLEAR = handle("segue_batch_clear", JAVA_LONG);
  static final MethodHandle BATCH_FREE = action("segue_batch_free", JAVA_LONG);
  static final MethodHandle BATCH_RETAIN =
      handle("segue_batch_retain", JAVA_LONG, JAVA_LONG, ADDRESS);
  static final MethodHandle BATCH_SLICES =
      handle("segue_batch_slices", JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);

  // shared memory
  static final MethodHandle SHM_POOL_NEW = handle("segue_shm_pool_new", JAVA_LONG);
  static final MethodHandle SHM_POOL_FREE = action("segue_shm_pool_free", JAVA_LONG);
  static final MethodHandle SHM_POOL_AVAILABLE = handle("segue_shm_pool_available", JAVA_LONG);
  static final MethodHandle SHM_POOL_COLLECT =
      handle("segue_shm_pool_collect", JAVA_LONG, JAVA_INT);
  static final MethodHandle SHM_LOAN =
      handle("segue_shm_loan", JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS);
  static final MethodHandle SHM_FREEZE = handle("segue_shm_freeze", JAVA_LONG, JAVA_LONG);
  static final MethodHandle SHM_LOAN_FREE = action("segue_shm_loan_free", JAVA_LONG);
  static final MethodHandle SHM_CLEANUP_ORPHANS = handle("segue_shm_cleanup_orphans");

  private Native() {}

  private static MethodHandle handle(String name, MemoryLayout... arguments) {
    return link(name, FunctionDescriptor.of(JAVA_LONG, arguments));
  }

  private static MethodHandle action(String name, MemoryLayout... arguments) {
    return link(name, FunctionDescriptor.ofVoid(arguments));
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
      throw Downcall.rethrow(e);
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
   * All native memory, read-only, until {@code arena} ends: what lies at an address is a slice of
   * it at that offset, which makes one object a view and not three.
   */
  static MemorySegment memory(Arena arena) {
    return MemorySegment.NULL.reinterpret(Long.MAX_VALUE, arena, null).asReadOnly();
  }

  /** A segment over native memory whose end the caller watches over. */
  static MemorySegment view(long address, long byteSize) {
    return MemorySegment.ofAddress(address).reinterpret(byteSize);
  }

  /** A copy of UTF-8 text in native memory. */
  static String text(long address, long byteSize) {
    return new String(bytes(address, byteSize), StandardCharsets.UTF_8);
  }

  /** A copy of some bytes of native memory that are no payload: a key, a text. */
  static byte[] bytes(long address, long byteSize) {
    byte[] copy = new byte[Math.toIntExact(byteSize)];
    MemorySegment.copy(view(address, byteSize), JAVA_BYTE, 0, copy, 0, copy.length);
    return copy;
  }

  /** The message of the last failure on this thread. */
  static String lastError() {
    return readText((buffer, capacity) -> (long) LAST_ERROR.invokeExact(buffer, capacity));
  }

  /** A downcall that writes a text into a buffer and returns its whole length. */
  interface TextCall {
    long into(MemorySegment buffer, long capacity) throws Throwable;
  }

  /** The text, or null if the call failed. */
  static String readText(TextCall call) {
    try (Arena arena = Arena.ofConfined()) {
      long capacity = 512;
      while (true) {
        MemorySegment buffer = arena.allocate(capacity);
        long length = call.into(buffer, capacity);
        if (length < 0) {
          throw new CallFailed(length);
        }
        if (length <= capacity) {
          return text(buffer.address(), length);
        }
        capacity = length;
      }
    } catch (Throwable e) {
      throw Downcall.rethrow(e);
    }
  }

  /** A text call that the core refused; the caller says what was attempted. */
  static final class CallFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final long code;

    CallFailed(long code) {
      super(lastErrorOf(code), null, false, false);
      this.code = code;
    }

    private static String lastErrorOf(long code) {
      return code == 0 ? "" : lastError();
    }
  }

  /** UTF-8 bytes of a text in an arena. */
  static MemorySegment utf8(Arena arena, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return arena.allocateFrom(JAVA_BYTE, bytes);
  }

  /** The error for a code below zero. */
  static ZenohException failure(String attempted, long code) {
    String message = attempted + ": " + lastError();
    long kind = code <= TOKEN_COMES ? code - TOKEN_COMES : code;
    if (kind == BAD_ARGUMENT) {
      throw new IllegalArgumentException(message);
    }
    return new ZenohException(message);
  }
}
