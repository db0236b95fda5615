package dev.segue.mcap;

import java.io.IOException;

/** A file is not what the MCAP format allows, or uses what this library does not read. */
public final class McapFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  McapFormatException(String message) {
    super(message);
  }
}
