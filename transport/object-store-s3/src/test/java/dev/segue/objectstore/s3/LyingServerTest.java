package dev.segue.objectstore.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.objectstore.LyingServerContract;
import dev.segue.objectstore.ObjectStore;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;

class LyingServerTest extends LyingServerContract {
  LyingServerTest() throws IOException {}

  @Override
  public String rangeHeader() {
    return "Range";
  }

  @Override
  public ObjectStore open(String endpoint, Map<String, String> settings) throws IOException {
    return S3Server.open(endpoint, settings);
  }

  @Test
  void expiredCredentialsAreAskedForAgain() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    ObjectStore unused =
        store(
            (e, first, last) -> {
              String who = e.getRequestHeaders().getFirst("Authorization");
              if (who.contains("Credential=old1")) {
                try (e) {
                  byte[] body =
                      "<Error><Code>ExpiredToken</Code><Message>expired</Message></Error>"
                          .getBytes(java.nio.charset.StandardCharsets.UTF_8);
                  e.sendResponseHeaders(400, body.length);
                  e.getResponseBody().write(body);
                }
              } else {
                send(e, 206, "bytes 0-9/10", "\"a\"", 10);
              }
            });
    unused.close();
    try (ObjectStore store =
        S3Server.open(
            S3Server.BUCKET,
            endpoint(),
            SETTINGS,
            () ->
                AwsBasicCredentials.create(
                    asked.incrementAndGet() == 1 ? "old1" : "new2", "secret"))) {
      MemorySegment region = arena.allocate(10);
      assertEquals(10, store.getRange("k", 0, region).byteSize());
      assertEquals('x', region.get(ValueLayout.JAVA_BYTE, 9));
    }
  }
}
