package dev.segue.objectstore.s3;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.objectstore.Data;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same as {@link S3StoreTest} against a server of another make. */
class VersitygwTest extends S3StoreContract {
  @TempDir static Path serverDirectory;
  private static @Nullable Versitygw server;

  @BeforeAll
  static void startServer() throws Exception {
    Versitygw.assumeInstalled();
    server = Versitygw.start(serverDirectory);
  }

  @AfterAll
  static void stopServer() {
    if (server != null) {
      server.close();
    }
  }

  private static Versitygw server() {
    return Objects.requireNonNull(server);
  }

  @Override
  public URI endpoint() {
    return server().endpoint();
  }

  /** It passes them over. */
  @Override
  protected boolean deletesOnConditions() {
    return false;
  }

  @Test
  void aByteThatRottedOnTheServersDiskIsSeen() throws Exception {
    store.put("rotten", Data.regions(Data.random(arena, MIB), MIB));
    Path file = server().fileOf("some/where/rotten");
    try (FileChannel disk =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      assertTrue(disk.read(one, 777_777) == 1);
      one.put(0, (byte) ~one.get(0)).flip();
      assertTrue(disk.write(one, 777_777) == 1);
    }
    failure(Reason.CORRUPT, () -> store.get("rotten", arena.allocate(MIB)));
  }
}
