package dev.segue.objectstore.azure;

import static dev.segue.objectstore.ObjectStoreContract.failure;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.LyingServerContract;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AzureLyingServerTest extends LyingServerContract {
  AzureLyingServerTest() throws IOException {}

  @Override
  public String rangeHeader() {
    return "x-ms-range";
  }

  @Override
  public ObjectStore open(String endpoint, Map<String, String> settings) throws IOException {
    return Azurite.open(endpoint + "/a", settings);
  }

  @Test
  void anAnswerThatIsNoAzureIsAnErrorWithItsStatus() throws Exception {
    byte[] page = "<html>proxy login</html>".getBytes(StandardCharsets.UTF_8);
    try (ObjectStore store =
        store(
            (e, first, last) -> {
              try (e) {
                e.getRequestBody().readAllBytes();
                e.sendResponseHeaders(407, page.length);
                e.getResponseBody().write(page);
              }
            })) {
      for (var call :
          new org.junit.jupiter.api.function.Executable[] {
            () -> store.getRange("k", 0, arena.allocate(10)),
            () -> store.put("k", SegmentedBytes.copyOfUtf8("x")),
            () -> store.delete("k")
          }) {
        ObjectStoreException failure = failure(Reason.OTHER, call);
        assertTrue(failure.getMessage().contains("status=407"), failure::getMessage);
      }
    }
  }
}
