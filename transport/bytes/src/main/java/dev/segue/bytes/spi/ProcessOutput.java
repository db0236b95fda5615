package dev.segue.bytes.spi;

import dev.segue.bytes.CopyLedger;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The standard output, or error stream, of this process, which stays open whatever becomes of who
 * writes to it. A channel of it would be closed by an interrupt, and its number soon be another
 * file's.
 *
 * <p>A thread of its own writes what is copied for it: nothing wakes a write to a pipe that nobody
 * reads, and who waits for that can be interrupted.
 *
 * <p>Owner: the process. Lifetime: the process's. Threads: any, one behind the other.
 */
public final class ProcessOutput {
  private static final CopyLedger.Site COPY =
      CopyLedger.site("bytes.processOutput", "the writer may be interrupted in a write");

  private static final int CHUNK_BYTE_SIZE = 512 << 10;
  private static final long IDLE_SECONDS = 1;

  private static final ProcessOutput OUT = new ProcessOutput(FileDescriptor.out);
  private static final ProcessOutput ERR = new ProcessOutput(FileDescriptor.err);

  private final ReentrantLock turn = new ReentrantLock();
  private final FileOutputStream stream;
  private final ExecutorService writer;

  /** Of who has the turn; what an interrupted one left belongs to the thread that writes. */
  private byte[] chunk = new byte[0];

  private ProcessOutput(FileDescriptor own) {
    this.stream = new FileOutputStream(own);
    ThreadPoolExecutor one =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("segue-process-output").factory());
    one.allowCoreThreadTimeOut(true);
    this.writer = one;
  }

  /** The one that a name such as {@code /dev/stdout} leads to; null if it leads elsewhere. */
  public static @Nullable ProcessOutput of(Path file) throws IOException {
    if (OpenFiles.isOwn(file, 1)) {
      return OUT;
    }
    return OpenFiles.isOwn(file, 2) ? ERR : null;
  }

  /**
   * Writes copies of all bytes.
   *
   * @throws InterruptedException if the thread is interrupted before or meanwhile; some of the
   *     bytes may be written, also later
   */
  public void writeCopy(ByteBuffer bytes) throws IOException, InterruptedException {
    turn.lockInterruptibly();
    try {
      while (bytes.hasRemaining()) {
        int count = Math.min(bytes.remaining(), CHUNK_BYTE_SIZE);
        byte[] copy = chunk(count);
        bytes.get(copy, 0, count);
        COPY.record(count);
        write(copy, count);
      }
    } finally {
      turn.unlock();
    }
  }

  /**
   * Writes some bytes of a file, up to a limit.
   *
   * @return how many; -1 at the file's end
   * @throws InterruptedException as {@link #writeCopy} does
   */
  public int writeFrom(FileChannel file, long byteOffset, long limit)
      throws IOException, InterruptedException {
    turn.lockInterruptibly();
    try {
      int most = (int) Math.min(limit, CHUNK_BYTE_SIZE);
      byte[] read = chunk(most);
      int count = file.read(ByteBuffer.wrap(read, 0, most), byteOffset);
      if (count > 0) {
        write(read, count);
      }
      return count;
    } finally {
      turn.unlock();
    }
  }

  private byte[] chunk(int byteSize) {
    return chunk.length < byteSize ? new byte[byteSize] : chunk;
  }

  private void write(byte[] copy, int count) throws IOException, InterruptedException {
    chunk = new byte[0];
    Future<?> written =
        writer.submit(
            () -> {
              stream.write(copy, 0, count);
              return null;
            });
    try {
      written.get();
      chunk = copy;
    } catch (InterruptedException e) {
      // Without an interrupt of its thread: one that has begun goes on.
      written.cancel(false);
      throw e;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException fault) {
        throw fault;
      }
      throw new IOException("output of this process: " + e.getCause(), e);
    }
  }
}
