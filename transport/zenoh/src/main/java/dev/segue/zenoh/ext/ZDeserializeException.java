package dev.segue.zenoh.ext;

import java.io.IOException;

/** Reports bytes that can't be deserialized as requested. */
public final class ZDeserializeException extends IOException {
  private static final long serialVersionUID = 1L;

  ZDeserializeException(String message) {
    super(message);
  }
}
