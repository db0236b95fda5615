package dev.segue.objectstore.azure;

import com.azure.storage.blob.BlobServiceAsyncClient;
import com.azure.storage.blob.BlobServiceClientBuilder;
import com.azure.storage.common.policy.RequestRetryOptions;
import com.azure.storage.common.policy.RetryPolicyType;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.http.HttpProxy;
import dev.segue.objectstore.http.ProxyVariables;
import dev.segue.objectstore.http.TlsEngines;
import dev.segue.objectstore.spi.StoreUri;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The SDK's client of one account, over an HTTP client of ours. */
final class AzureClients implements AutoCloseable {
  /** A list of 50,000 blocks, or of 5,000 long names with their properties. */
  private static final long LISTING_BYTE_SIZE_LIMIT = 64L << 20;

  private final AzureHttpClient http;
  private final BlobServiceAsyncClient service;
  private final AzureAccess access;

  AzureClients(
      StoreUri uri,
      StoreSettings settings,
      Map<String, String> environment,
      @Nullable TlsEngines tls) {
    AzureHttpClient.Builder builder =
        AzureHttpClient.builder()
            .maxConnections(settings.maxConnectionCount())
            .threadCount(settings.threadCount())
            .bodyByteSizeLimit(LISTING_BYTE_SIZE_LIMIT)
            .stallTimeout(settings.stallTimeout());
    String proxy = uri.options().get("proxy");
    if (proxy == null) {
      builder.proxies(ProxyVariables.of(environment));
    } else {
      builder.proxy(HttpProxy.parse(proxy));
    }
    http = (tls == null ? builder : builder.tlsEngines(tls)).build();
    BlobServiceClientBuilder client =
        new BlobServiceClientBuilder()
            .httpClient(http)
            // Ranges and blocks are tried again by this module, which knows their memory.
            .retryOptions(
                new RequestRetryOptions(
                    RetryPolicyType.FIXED, 1, (Integer) null, null, null, null));
    try {
      access = AzureAccess.grant(client, uri, environment, http);
      service = client.buildAsyncClient();
    } catch (RuntimeException e) {
      http.close();
      throw e;
    }
  }

  BlobServiceAsyncClient service() {
    return service;
  }

  AzureAccess access() {
    return access;
  }

  @Override
  public void close() {
    http.close();
  }
}
