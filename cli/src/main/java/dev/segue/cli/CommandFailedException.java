package dev.segue.cli;

/** A command failed for a reason that its message tells the user in full. */
public final class CommandFailedException extends Exception {
  private static final long serialVersionUID = 1;

  /** With the one line that the user reads. */
  public CommandFailedException(String message) {
    super(message);
  }

  /** With the one line that the user reads, and what was behind it. */
  public CommandFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
