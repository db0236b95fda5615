package dev.segue.objectstore.azure;

import com.azure.storage.blob.BlobAsyncClient;
import com.azure.storage.blob.models.UserDelegationKey;
import com.azure.storage.blob.sas.BlobSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.internal.Attempt;
import java.net.URI;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/** URLs that carry their own permission: shared access signatures of one blob. */
final class AzureSas {
  private AzureSas() {}

  static URI sign(
      AzureStore store,
      AzureClients clients,
      BlobAsyncClient blob,
      String permissions,
      Duration validity)
      throws ObjectStoreException {
    OffsetDateTime now = OffsetDateTime.now(ZoneOffset.UTC);
    BlobServiceSasSignatureValues values =
        new BlobServiceSasSignatureValues(now.plus(validity), BlobSasPermission.parse(permissions));
    Attempt what = Attempt.of("presign " + store.uri() + "/" + blob.getBlobName());
    String signature =
        switch (clients.access().kind()) {
          case SHARED_KEY -> blob.generateSas(values);
          case IDENTITY -> {
            UserDelegationKey key =
                store.call(
                    what, () -> clients.service().getUserDelegationKey(now, now.plus(validity)));
            yield blob.generateUserDelegationSas(values, key);
          }
          case SAS_TOKEN, NONE ->
              throw new UnsupportedOperationException(
                  what
                      + ": signing needs the account's key or an identity, there is "
                      + clients.access().kind());
        };
    return URI.create(blob.getBlobUrl() + "?" + signature);
  }
}
