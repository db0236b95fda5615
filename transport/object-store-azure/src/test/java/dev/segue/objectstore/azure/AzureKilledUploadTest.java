package dev.segue.objectstore.azure;

import dev.segue.objectstore.KilledUploadContract;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreContract;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AzureKilledUploadTest extends KilledUploadContract {
  @Override
  public Map<String, String> environment() {
    return Azurite.environment();
  }

  @Test
  void anUploadToAContainerIsResumed() throws Exception {
    try (Azurite server = Azurite.start();
        ObjectStore store = server.open(ObjectStoreContract.SETTINGS)) {
      String uri = "az://" + Azurite.CONTAINER + "/some/where?endpoint=" + server.endpoint();
      killAndResume(uri, store);
    }
  }
}
