package dev.segue.gateway;

import org.jspecify.annotations.Nullable;

/**
 * The picture that a request asks for.
 *
 * @param maxWidth the width to stay within, by leaving pixels out
 */
record PictureRequest(PictureKind kind, int maxWidth) {
  private static final int LARGEST = 32_768;

  /** By {@code as=bmp|jpeg|png} and {@code width=…}; null when none is asked for. */
  static @Nullable PictureRequest of(Target target) throws HttpException {
    PictureKind kind = PictureKind.of(target);
    return kind == null
        ? null
        : new PictureRequest(kind, target.query("width", LARGEST, 1, LARGEST));
  }
}
