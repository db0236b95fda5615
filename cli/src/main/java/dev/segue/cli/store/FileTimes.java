package dev.segue.cli.store;

import dev.segue.objectstore.ObjectMetadata;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Times of files, which objects keep as metadata: {@code mtime}, seconds since the Unix epoch, as
 * other programs write it.
 */
final class FileTimes {
  private static final String NAME = "mtime";
  private static final int LONGEST_TEXT = 40;

  private FileTimes() {}

  /** The metadata of an object that is made of a file. */
  static ObjectMetadata with(ObjectMetadata metadata, Instant time) {
    Map<String, String> user = new HashMap<>(metadata.user());
    BigDecimal seconds =
        BigDecimal.valueOf(time.getEpochSecond()).add(BigDecimal.valueOf(time.getNano(), 9));
    user.putIfAbsent(NAME, seconds.toPlainString());
    return metadata.user(user);
  }

  /** The time of the file that an object was made of; empty if nobody noted it. */
  static Optional<Instant> of(ObjectMetadata metadata) {
    String text = metadata.user().get(NAME);
    if (text == null || text.length() > LONGEST_TEXT || !text.matches("-?\\d+(\\.\\d+)?")) {
      return Optional.empty();
    }
    try {
      BigDecimal seconds = new BigDecimal(text);
      long whole = seconds.longValue();
      long nanos = seconds.subtract(BigDecimal.valueOf(whole)).movePointRight(9).longValue();
      return Optional.of(Instant.ofEpochSecond(whole, nanos));
    } catch (DateTimeException | ArithmeticException e) {
      return Optional.empty();
    }
  }

  /** Sets a file's time. */
  static void set(Path file, Instant time) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(time));
  }
}
