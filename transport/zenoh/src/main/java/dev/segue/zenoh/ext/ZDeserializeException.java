package dev.segue.zenoh.ext;

import java.io.IOException;

/** Bytes that are not what was to be read from them. */
public final class ZDeserializeException extends IOException {
  private static final long serialVersionUID = 1L;

  ZDeserializeException(String message) {
    super(message);
  }
}
