package dev.segue.objectstore;

import com.azure.storage.blob.BlobServiceAsyncClient;
import com.azure.storage.blob.BlobServiceClientBuilder;
import com.azure.storage.common.StorageSharedKeyCredential;
import com.azure.storage.common.policy.RequestRetryOptions;
import com.azure.storage.common.policy.RetryPolicyType;
import dev.segue.objectstore.http.AzureHttpClient;
import dev.segue.objectstore.http.TlsEngines;
import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The SDK's client of one account, over an HTTP client of ours, and what it signs with. */
final class AzureClients implements AutoCloseable {
  /** What it signs requests with. */
  enum Credential {
    CONNECTION_STRING,
    SHARED_KEY,
    SAS_TOKEN,
    IDENTITY,
    NONE
  }

  private final AzureHttpClient http;
  private final BlobServiceAsyncClient service;
  private final Credential credential;

  AzureClients(
      StoreUri uri,
      StoreSettings settings,
      Map<String, String> environment,
      @Nullable TlsEngines tls) {
    AzureHttpClient.Builder builder =
        AzureHttpClient.builder()
            .maxConnections(settings.maxConnectionCount)
            .threadCount(settings.threadCount)
            .stallTimeout(settings.stallTimeout);
    http = (tls == null ? builder : builder.tlsEngines(tls)).build();
    BlobServiceClientBuilder client =
        new BlobServiceClientBuilder()
            .httpClient(http)
            // Ranges and blocks are tried again by this module, which knows their memory.
            .retryOptions(
                new RequestRetryOptions(
                    RetryPolicyType.FIXED, 1, (Integer) null, null, null, null));
    try {
      credential = authorize(client, uri, environment);
      service = client.buildAsyncClient();
    } catch (RuntimeException e) {
      http.close();
      throw e;
    }
  }

  private static Credential authorize(
      BlobServiceClientBuilder client, StoreUri uri, Map<String, String> environment) {
    boolean anonymous = uri.flag("anonymous", false);
    String endpoint = uri.options().get("endpoint");
    String named = uri.options().get("account");
    String whole = environment.get("AZURE_STORAGE_CONNECTION_STRING");
    if (whole != null && named == null && !anonymous) {
      client.connectionString(whole);
      if (endpoint != null) {
        client.endpoint(checked(endpoint));
      }
      return Credential.CONNECTION_STRING;
    }
    String account = named == null ? environment.get("AZURE_STORAGE_ACCOUNT") : named;
    if (endpoint == null && account == null) {
      throw new IllegalArgumentException(
          "store \""
              + uri
              + "\": whose container is it? Add ?account=NAME or ?endpoint=URL, or set"
              + " AZURE_STORAGE_ACCOUNT or AZURE_STORAGE_CONNECTION_STRING");
    }
    client.endpoint(
        endpoint == null ? "https://" + account + ".blob.core.windows.net" : checked(endpoint));
    if (anonymous) {
      return Credential.NONE;
    }
    String key = environment.get("AZURE_STORAGE_KEY");
    if (key != null) {
      if (account == null) {
        throw new IllegalArgumentException(
            "store \""
                + uri
                + "\": AZURE_STORAGE_KEY is the key of which account? Add ?account=NAME");
      }
      client.credential(new StorageSharedKeyCredential(account, key));
      return Credential.SHARED_KEY;
    }
    String token = environment.get("AZURE_STORAGE_SAS_TOKEN");
    if (token != null) {
      client.sasToken(token);
      return Credential.SAS_TOKEN;
    }
    client.credential(AzureIdentity.credential(uri));
    return Credential.IDENTITY;
  }

  private static String checked(String endpoint) {
    URI url = URI.create(endpoint);
    if (url.getHost() == null
        || !("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
      throw new IllegalArgumentException(
          "store option endpoint="
              + endpoint
              + ": a URL such as http://127.0.0.1:10000/devstoreaccount1");
    }
    return endpoint;
  }

  BlobServiceAsyncClient service() {
    return service;
  }

  Credential credential() {
    return credential;
  }

  @Override
  public void close() {
    http.close();
  }
}
