package dev.segue.cli.terminal;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;

/**
 * Checks that what was printed has arrived: writers keep it to themselves when the disk is full or
 * the reader has gone.
 */
public final class StandardOutput {
  private StandardOutput() {}

  /**
   * Flushes what was printed, and checks it.
   *
   * @throws BrokenPipeException if whoever read the output has gone
   * @throws IOException if it did not arrive for another reason, which the message says
   */
  public static void check(PrintWriter out) throws IOException {
    if (!out.checkError() && !System.out.checkError()) {
      return;
    }
    try {
      // The system says why, if it is asked once more.
      stream().write('\n');
    } catch (IOException e) {
      throw "Broken pipe".equals(e.getMessage())
          ? new BrokenPipeException(e)
          : new IOException("standard output: " + e.getMessage(), e);
    }
    throw new IOException("standard output: what was printed did not arrive");
  }

  @SuppressWarnings("resource") // closing the stream would close the process's output
  private static FileOutputStream stream() {
    return new FileOutputStream(FileDescriptor.out);
  }
}
