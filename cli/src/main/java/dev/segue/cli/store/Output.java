package dev.segue.cli.store;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.cli.terminal.BrokenPipeException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * Bytes that go to the standard output as they lie. Who is interrupted in a write closes it: nobody
 * is but by the process's end, and nothing is printed behind that.
 *
 * <p>Owner: the command. Lifetime: the process's. Threads: one.
 */
public final class Output {
  private final WritableByteChannel channel;

  Output(WritableByteChannel channel) {
    this.channel = channel;
  }

  /** That of the process; it stays open. */
  @SuppressWarnings("resource") // closing the stream would close the process's output
  public static Output standard() {
    return new Output(new FileOutputStream(FileDescriptor.out).getChannel());
  }

  /**
   * Writes all.
   *
   * @throws BrokenPipeException if whoever read the output has gone
   */
  public void write(SegmentedBytes bytes) throws IOException {
    for (ByteBuffer region : bytes.asByteBuffers()) {
      while (region.hasRemaining()) {
        write(region);
      }
    }
  }

  private void write(ByteBuffer region) throws IOException {
    try {
      int _ = channel.write(region);
    } catch (IOException e) {
      if ("Broken pipe".equals(e.getMessage())) {
        throw new BrokenPipeException(e);
      }
      throw e;
    }
  }
}
