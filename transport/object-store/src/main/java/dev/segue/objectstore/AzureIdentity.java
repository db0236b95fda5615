package dev.segue.objectstore;

import com.azure.core.credential.TokenCredential;
import com.azure.identity.DefaultAzureCredentialBuilder;

/** Entra ID, for those who have the optional library on their class path. */
final class AzureIdentity {
  private AzureIdentity() {}

  /** The identity of this process: environment, workload, managed, or of who is logged in. */
  static TokenCredential credential(StoreUri uri) {
    try {
      return new DefaultAzureCredentialBuilder().build();
    } catch (NoClassDefFoundError e) {
      throw new IllegalArgumentException(
          "store \""
              + uri
              + "\": no credentials. Set AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or"
              + " AZURE_STORAGE_CONNECTION_STRING, add ?anonymous, or put com.azure:azure-identity on"
              + " the class path for Entra ID",
          e);
    }
  }
}
