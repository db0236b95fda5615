package dev.segue.objectstore.azure;

import com.azure.core.credential.TokenCredential;
import com.azure.core.http.HttpClient;
import com.azure.identity.DefaultAzureCredentialBuilder;
import dev.segue.objectstore.spi.StoreUri;
import org.jspecify.annotations.Nullable;

/** Entra ID, for those who have the optional library on their class path. */
final class AzureIdentity {
  private AzureIdentity() {}

  /** The identity of this process: environment, workload, managed, or of who is logged in. */
  static TokenCredential credential(StoreUri uri, HttpClient http) {
    String endpoint = uri.options().getOrDefault("endpoint", "https:");
    if (!endpoint.startsWith("https:")) {
      throw missing(uri, ": its tokens go over https alone", null);
    }
    try {
      return new DefaultAzureCredentialBuilder().httpClient(http).build();
    } catch (NoClassDefFoundError e) {
      throw missing(uri, ", and put com.azure:azure-identity on the class path", e);
    }
  }

  private static IllegalArgumentException missing(
      StoreUri uri, String identity, @Nullable Throwable cause) {
    return new IllegalArgumentException(
        "store \""
            + uri
            + "\": no credentials. Set AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or"
            + " AZURE_STORAGE_CONNECTION_STRING, or add ?anonymous, or use Entra ID"
            + identity,
        cause);
  }
}
