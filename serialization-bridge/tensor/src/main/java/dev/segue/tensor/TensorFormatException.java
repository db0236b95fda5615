package dev.segue.tensor;

import java.io.IOException;

/** Reports a file that violates its format. */
public final class TensorFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  TensorFormatException(String message) {
    super(message);
  }
}
