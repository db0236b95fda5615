package dev.segue.bench.store;

import dev.segue.bench.harness.Child;
import dev.segue.bench.harness.Rounds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** The server that costs next to nothing, and the file that its objects are made of. */
final class NullServer implements AutoCloseable {
  private static final List<String> OBJECTS =
      List.of("large=1073741824", "object-=11796480", "small-=4096");

  private final Child child;
  private final Path file;
  private final int port;

  private NullServer(Child child, Path file, int port) {
    this.child = child;
    this.file = file;
    this.port = port;
  }

  /** Objects consist of a file's bytes, of whole MiB, over and over. */
  static NullServer start(Path program, long fileByteSize, long hugeByteSize)
      throws IOException, InterruptedException {
    Path file = Files.createTempFile("segue-bench-", ".bytes");
    file.toFile().deleteOnExit();
    try {
      fill(file, fileByteSize);
      List<String> command = new ArrayList<>(List.of(program.toString(), file.toString()));
      command.addAll(OBJECTS);
      command.add("huge=" + hugeByteSize);
      Child child = Child.start("null server", command);
      try {
        child.awaitLines(line -> line.startsWith("ready port="), 1, Duration.ofSeconds(20));
      } catch (IOException | InterruptedException e) {
        child.close();
        throw e;
      }
      int port = (int) Rounds.field(child.lines("ready").getFirst().text(), "port");
      return new NullServer(child, file, port);
    } catch (IOException | InterruptedException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  private static void fill(Path file, long fileByteSize) throws IOException {
    Random random = new Random(1);
    byte[] block = new byte[1 << 20];
    try (FileChannel to = FileChannel.open(file, StandardOpenOption.WRITE)) {
      for (long at = 0; at < fileByteSize; at += block.length) {
        random.nextBytes(block);
        ByteBuffer bytes = ByteBuffer.wrap(block);
        while (bytes.hasRemaining()) {
          to.write(bytes);
        }
      }
    }
  }

  String endpoint() {
    return "http://127.0.0.1:" + port;
  }

  /** Returns what objects consist of. */
  Path file() {
    return file;
  }

  @Override
  public void close() {
    child.close();
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // The end of this JVM tries again.
      return;
    }
  }
}
