package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens in a file that changes. */
class AccessFileTest {
  private static final class Records extends Handler {
    private final List<String> messages = new ArrayList<>();

    @Override
    public void publish(LogRecord entry) {
      messages.add(entry.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  /** It is looked at every two seconds, and filled the log. */
  @Test
  void aFileThatIsNotUnderstoodIsSaidOnce(@TempDir Path folder) throws Exception {
    Logger logger = Logger.getLogger("dev.segue.gateway");
    Records records = new Records();
    logger.addHandler(records);
    try {
      Path file = folder.resolve("access");
      Files.writeString(file, "first read=a\n");
      AccessFile access = new AccessFile(file);
      Files.writeString(file, "second reads=a\n");
      for (int i = 0; i < 3; i++) {
        access.reload();
      }
      assertEquals(1, records.messages.size(), records.messages.toString());
      Files.delete(file);
      for (int i = 0; i < 3; i++) {
        access.reload();
      }
      assertEquals(2, records.messages.size(), records.messages.toString());
      assertEquals(1, access.tokens().size());
      Files.writeString(file, "third read=a\nfourth read=b\n");
      access.reload();
      assertEquals(2, access.tokens().size());
      Files.writeString(file, "again reads=a\n");
      access.reload();
      assertEquals(4, records.messages.size(), records.messages.toString());
    } finally {
      logger.removeHandler(records);
    }
  }
}
