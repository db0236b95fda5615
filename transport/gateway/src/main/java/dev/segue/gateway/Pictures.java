package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.PoolExhaustedException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes the pictures that one request asks for.
 *
 * @param maxWidth the width to stay within, by leaving pixels out
 * @param memory for what must be gathered or converted
 */
record Pictures(PictureKind kind, int maxWidth, LoanPool memory) {
  private static final int LARGEST = 32_768;

  /** By {@code as=bmp|jpeg|png} and {@code width=…}; null when none are asked for. */
  static @Nullable Pictures of(Target target, LoanPool memory) throws HttpException {
    PictureKind kind = PictureKind.of(target);
    return kind == null
        ? null
        : new Pictures(kind, target.query("width", LARGEST, 1, LARGEST), memory);
  }

  /** Empty if the value is no picture, or there is no memory to make one now. */
  Optional<Picture> of(Value value) {
    try {
      return kind.of(value, maxWidth, memory);
    } catch (PoolExhaustedException e) {
      return Optional.empty();
    }
  }
}
