package dev.segue.objectstore.s3;

import dev.segue.objectstore.FaultContract;
import dev.segue.objectstore.checksum.Crc;
import dev.segue.objectstore.internal.RemoteStore;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class FaultTest extends FaultContract {
  private static S3Server server;

  @BeforeAll
  static void startServer() throws Exception {
    server = new S3Server();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Override
  public URI server() {
    return server.endpoint();
  }

  @Override
  public RemoteStore open(URI endpoint, Map<String, String> settings) throws IOException {
    return S3Server.open(endpoint.toString(), settings);
  }

  @Override
  public Crc crc() {
    return Crc.CRC32C;
  }
}
