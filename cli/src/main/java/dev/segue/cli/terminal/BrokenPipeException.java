package dev.segue.cli.terminal;

import java.io.IOException;

/** Whoever read the output has gone. */
public final class BrokenPipeException extends IOException {
  private static final long serialVersionUID = 1L;

  /** With what the system said. */
  public BrokenPipeException(IOException cause) {
    super(cause);
  }
}
