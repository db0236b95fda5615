package dev.segue.objectstore.s3;

import java.net.URI;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class S3StoreTest extends S3StoreContract {
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
  public URI endpoint() {
    return server.endpoint();
  }
}
