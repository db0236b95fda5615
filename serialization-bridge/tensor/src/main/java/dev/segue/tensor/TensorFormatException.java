package dev.segue.tensor;

import java.io.IOException;

/** A file is not what its format asks for. */
public final class TensorFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  TensorFormatException(String message) {
    super(message);
  }
}
