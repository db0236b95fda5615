package dev.segue.objectstore.s3;

import dev.segue.objectstore.KilledUploadContract;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreContract;
import org.junit.jupiter.api.Test;

class S3KilledUploadTest extends KilledUploadContract {
  @Test
  void anUploadToABucketIsResumed() throws Exception {
    try (S3Server server = new S3Server();
        ObjectStore store = server.open(ObjectStoreContract.SETTINGS)) {
      String uri = "s3://" + S3Server.BUCKET + "/some/where?endpoint=" + server.endpoint();
      killAndResume(uri, store);
    }
  }
}
