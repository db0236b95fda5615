package dev.segue.cli.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Bytes that differ everywhere. */
final class Data {
  static final int MIB = 1 << 20;

  private Data() {}

  static byte[] random(int byteSize) {
    byte[] bytes = new byte[byteSize];
    new Random(byteSize).nextBytes(bytes);
    return bytes;
  }

  static Path file(Path path, int byteSize) throws IOException {
    Files.createDirectories(path.toAbsolutePath().getParent());
    return Files.write(path, random(byteSize));
  }
}
