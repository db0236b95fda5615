package dev.segue.objectstore;

import dev.segue.objectstore.http.DirectHttpClient;
import dev.segue.objectstore.http.TlsEngines;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.client.config.SdkAdvancedAsyncClientOption;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3AsyncClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** The SDK's clients of one store: one per endpoint, which take turns, over one HTTP client. */
final class S3Clients implements AutoCloseable {
  /** A thousand keys of a kilobyte each, percent-encoded, are a few megabytes. */
  private static final long LISTING_BYTE_SIZE_LIMIT = 64L << 20;

  private final StoreUri uri;
  private final S3Credentials credentials;
  private final DirectHttpClient http;
  private final List<S3AsyncClient> clients = new ArrayList<>();
  private final List<@Nullable URI> endpoints = new ArrayList<>();
  private final Turns<S3AsyncClient> turns;

  S3Clients(
      StoreUri uri,
      StoreSettings settings,
      @Nullable AwsCredentialsProvider given,
      @Nullable TlsEngines tls) {
    this.uri = uri;
    this.credentials = new S3Credentials(uri, given);
    DirectHttpClient.Builder builder =
        DirectHttpClient.builder()
            .maxConnections(settings.maxConnectionCount)
            .threadCount(settings.threadCount)
            .bodyByteSizeLimit(LISTING_BYTE_SIZE_LIMIT)
            .stallTimeout(settings.stallTimeout);
    this.http = (tls == null ? builder : builder.tlsEngines(tls)).build();
    String named = uri.options().get("endpoint");
    try {
      if (named == null) {
        endpoints.add(null);
      } else {
        for (String endpoint : named.split(",", -1)) {
          endpoints.add(endpoint(endpoint));
        }
      }
      for (URI endpoint : endpoints) {
        clients.add(client(endpoint));
      }
      turns = new Turns<>(clients);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private static URI endpoint(String text) {
    URI endpoint;
    try {
      endpoint = new URI(text.strip());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(
          "store option endpoint=" + text + ": a URL such as https://host:9000", e);
    }
    if (endpoint.getHost() == null
        || endpoint.getScheme() == null
        || !endpoint.getScheme().matches("https?")) {
      throw new IllegalArgumentException(
          "store option endpoint=" + text + ": a URL such as https://host:9000");
    }
    return endpoint;
  }

  private S3AsyncClient client(@Nullable URI endpoint) {
    S3AsyncClientBuilder builder =
        S3AsyncClient.builder()
            .httpClient(http)
            .credentialsProvider(credentials.credentials())
            // Their defaults cost 3.2 CPU s/GiB (trailing MD5 on GET) and 1.6 (re-chunking on PUT);
            // checksums are asked for where they are cheap.
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .serviceConfiguration(S3Configuration.builder().expectContinueEnabled(false).build())
            .forcePathStyle(uri.flag("pathStyle", endpoint != null))
            // Ranges and parts are tried again by this module, which knows their memory.
            .overrideConfiguration(c -> c.retryStrategy(AwsRetryStrategy.doNotRetry()))
            .asyncConfiguration(
                c ->
                    c.advancedOption(
                        SdkAdvancedAsyncClientOption.FUTURE_COMPLETION_EXECUTOR, Runnable::run));
    Region region = credentials.region();
    if (region != null) {
      builder.region(region);
    }
    if (endpoint != null) {
      builder.endpointOverride(endpoint);
    }
    String profile = uri.options().get("profile");
    if (profile != null) {
      builder.overrideConfiguration(
          c -> c.retryStrategy(AwsRetryStrategy.doNotRetry()).defaultProfileName(profile));
    }
    return builder.build();
  }

  /** Sends a request to the endpoint whose turn it is. */
  <T> CompletableFuture<T> send(Function<S3AsyncClient, CompletableFuture<T>> request) {
    return turns.send(request);
  }

  S3Presigner presigner() {
    if (uri.flag("anonymous", false)) {
      throw new UnsupportedOperationException(
          "presign below " + uri + ": who is anonymous has no key to sign with");
    }
    URI endpoint = endpoints.getFirst();
    S3Presigner.Builder builder =
        S3Presigner.builder()
            .credentialsProvider(credentials.credentials())
            .serviceConfiguration(
                S3Configuration.builder()
                    .pathStyleAccessEnabled(uri.flag("pathStyle", endpoint != null))
                    .build());
    Region region = credentials.region();
    if (region != null) {
      builder.region(region);
    }
    if (endpoint != null) {
      builder.endpointOverride(endpoint);
    }
    return builder.build();
  }

  @Override
  public void close() {
    clients.forEach(S3AsyncClient::close);
    http.close();
    credentials.close();
  }
}
