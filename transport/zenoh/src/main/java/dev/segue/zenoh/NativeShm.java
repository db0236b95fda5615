package dev.segue.zenoh;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.zenoh.ZenohException.Kind;
import java.lang.invoke.MethodHandle;

/** The downcalls on pools of shared memory and their loans. */
final class NativeShm {
  private static final MethodHandle POOL_NEW = Native.handle("segue_shm_pool_new", JAVA_LONG);
  private static final MethodHandle POOL_FREE = Native.freeing("segue_shm_pool_free");
  private static final MethodHandle POOL_COLLECT =
      Native.handle("segue_shm_pool_collect", JAVA_LONG, JAVA_INT);
  private static final MethodHandle POOL_ORPHANED =
      Native.handle("segue_shm_pool_orphaned", JAVA_LONG);
  private static final MethodHandle LOAN =
      Native.handle("segue_shm_loan", JAVA_LONG, JAVA_LONG, JAVA_INT);
  private static final MethodHandle FREEZE =
      Native.handle("segue_shm_freeze", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle LOAN_FREE = Native.freeing("segue_shm_loan_free");
  private static final MethodHandle CLEANUP_ORPHANS = Native.handle("segue_shm_cleanup_orphans");

  private NativeShm() {}

  static long newPool(long capacity) throws ZenohException {
    return Native.checked(
        Kind.SHARED_MEMORY,
        "shared-memory pool of capacityByteSize=" + capacity,
        Native.call(() -> (long) POOL_NEW.invokeExact(capacity)));
  }

  static void freePool(long pool) {
    Native.free(POOL_FREE, pool);
  }

  static long collect(long pool, boolean orphans) {
    int flag = orphans ? 1 : 0;
    return Native.expected(
        "collection of a shared-memory pool",
        Native.call(() -> (long) POOL_COLLECT.invokeExact(pool, flag)));
  }

  static long orphaned(long pool) {
    return Native.expected(
        "orphaned bytes of a shared-memory pool",
        Native.call(() -> (long) POOL_ORPHANED.invokeExact(pool)));
  }

  /** The address of a new loan, or 0 if there is no room. */
  static long loan(long pool, long byteSize, AllocPolicy policy) {
    int code = policy.code();
    long loan;
    try {
      loan = (long) LOAN.invokeExact(pool, byteSize, code);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
    return loan >= 0 ? loan : Native.expected("loan of byteSize=" + byteSize, loan);
  }

  /** Returns where the memory of a loan begins: the first thing in it. */
  static long startOf(long loan) {
    return Native.longAt(loan);
  }

  /** Ends the filling of a loan. */
  static void freeze(long loan, long byteSize) {
    long code;
    try {
      code = (long) FREEZE.invokeExact(loan, byteSize);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
    Native.expected("hand-over of a loan of shared memory", code);
  }

  static void freeLoan(long loan) {
    Native.free(LOAN_FREE, loan);
  }

  /** Removes the shared memory that crashed processes left on this machine. */
  static void cleanupOrphans() {
    Native.call(() -> (long) CLEANUP_ORPHANS.invokeExact());
  }
}
