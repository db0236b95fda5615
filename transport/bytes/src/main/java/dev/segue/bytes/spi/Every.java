package dev.segue.bytes.spi;

import java.util.List;
import java.util.RandomAccess;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs a step for every one of several things, whichever of them fail: what one of them throws must
 * not keep the memory of the others.
 */
public final class Every {
  private Every() {}

  /**
   * Runs {@code step} for each of {@code things} in their order; where they are a list with random
   * access, without any memory of a heap that may be full.
   *
   * @throws RuntimeException or an {@link Error}: the first that was thrown, with the others as
   *     suppressed ones, after all of them were tried
   */
  public static <T> void forEach(Iterable<? extends T> things, Consumer<? super T> step) {
    Throwable failure = null;
    if (things instanceof RandomAccess && things instanceof List<? extends T> list) {
      for (int i = 0; i < list.size(); i++) {
        failure = after(failure, step, list.get(i));
      }
    } else {
      for (T thing : things) {
        failure = after(failure, step, thing);
      }
    }
    rethrow(failure);
  }

  private static <T> @Nullable Throwable after(
      @Nullable Throwable failure, Consumer<? super T> step, T thing) {
    try {
      step.accept(thing);
      return failure;
    } catch (RuntimeException | Error e) {
      return joined(failure, e);
    }
  }

  /** The failure to keep: the first one, with what followed as suppressed. */
  @SuppressWarnings("ReferenceEquality") // an exception can't suppress itself
  public static Throwable joined(@Nullable Throwable first, Throwable next) {
    if (first == null) {
      return next;
    }
    if (first != next) {
      try {
        first.addSuppressed(next);
      } catch (OutOfMemoryError _) {
        return first; // what is left to do counts more than the second reason
      }
    }
    return first;
  }

  /** Throws an unchecked failure, if there is one. */
  public static void rethrow(@Nullable Throwable failure) {
    switch (failure) {
      case null -> {}
      case RuntimeException unchecked -> throw unchecked;
      case Error error -> throw error;
      default -> throw new IllegalStateException(failure);
    }
  }
}
