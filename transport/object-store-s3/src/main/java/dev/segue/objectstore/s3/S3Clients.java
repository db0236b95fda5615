package dev.segue.objectstore.s3;

import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.http.HttpProxy;
import dev.segue.objectstore.http.ProxyVariables;
import dev.segue.objectstore.http.TlsEngines;
import dev.segue.objectstore.internal.Failures;
import dev.segue.objectstore.spi.StoreUri;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
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

  /** A bucket is in one region: who names ever others would have ever more clients made. */
  private static final int REGION_LIMIT = 4;

  private static final System.Logger LOG = System.getLogger("dev.segue.objectstore");

  /** Clients that sign for one region, null where the SDK finds it. */
  private record Generation(
      @Nullable Region region, List<S3AsyncClient> clients, EndpointTurns<S3AsyncClient> turns) {}

  private final StoreUri uri;
  private final S3Credentials credentials;
  private final DirectHttpClient http;
  private final List<@Nullable URI> endpoints = new ArrayList<>();
  private final List<S3AsyncClient> all = new ArrayList<>();
  private final Map<String, Generation> redirections = new HashMap<>();
  private volatile Generation generation;

  S3Clients(
      StoreUri uri,
      StoreSettings settings,
      @Nullable AwsCredentialsProvider given,
      @Nullable TlsEngines tls) {
    this.uri = uri;
    this.credentials = new S3Credentials(uri, given);
    DirectHttpClient.Builder builder =
        DirectHttpClient.builder()
            .maxConnections(settings.maxConnectionCount())
            .threadCount(settings.threadCount())
            .bodyByteSizeLimit(LISTING_BYTE_SIZE_LIMIT)
            .stallTimeout(settings.stallTimeout());
    String proxy = uri.options().get("proxy");
    if (proxy == null) {
      builder.proxies(ProxyVariables.of(System.getenv()));
    } else {
      builder.proxy(HttpProxy.parse(proxy));
    }
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
      generation = generation(credentials.region());
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private Generation generation(@Nullable Region region) {
    List<S3AsyncClient> clients = new ArrayList<>();
    for (URI endpoint : endpoints) {
      S3AsyncClient client = client(endpoint, region);
      clients.add(client);
      all.add(client);
    }
    return new Generation(region, clients, new EndpointTurns<>(clients));
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

  private S3AsyncClient client(@Nullable URI endpoint, @Nullable Region region) {
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
            .overrideConfiguration(this::configure)
            .asyncConfiguration(
                c ->
                    c.advancedOption(
                        SdkAdvancedAsyncClientOption.FUTURE_COMPLETION_EXECUTOR, Runnable::run));
    if (region != null) {
      builder.region(region);
    }
    if (endpoint != null) {
      builder.endpointOverride(endpoint);
    }
    return builder.build();
  }

  private void configure(ClientOverrideConfiguration.Builder client) {
    // Ranges and parts are tried again by this module, which knows their memory.
    client.retryStrategy(AwsRetryStrategy.doNotRetry());
    String profile = uri.options().get("profile");
    if (profile != null) {
      client.defaultProfileName(profile);
    }
    if (uri.flag("requesterPays", false)) {
      client.putHeader("x-amz-request-payer", "requester");
    }
  }

  /** Returns whether requests of either reach the same servers. */
  boolean isOfOneServiceWith(S3Clients other) {
    return new HashSet<>(endpoints).equals(new HashSet<>(other.endpoints));
  }

  /** Sends a request to the endpoint whose turn it is. */
  <T> CompletableFuture<T> send(Function<S3AsyncClient, CompletableFuture<T>> request) {
    Generation used = generation;
    return used.turns()
        .send(client -> S3Faults.translated(() -> request.apply(client)))
        .exceptionallyCompose(
            failure -> {
              Generation other = redirected(used, failure);
              return other == null
                  ? CompletableFuture.failedFuture(failure)
                  : other.turns().send(client -> S3Faults.translated(() -> request.apply(client)));
            });
  }

  /** The clients of the region that an answer names, null if it names none that is another one. */
  private @Nullable Generation redirected(Generation used, Throwable failure) {
    String name = S3Faults.bucketRegion(Failures.root(failure));
    if (name == null) {
      return null;
    }
    synchronized (this) {
      if (!generation.equals(used)) {
        return generation;
      }
      Generation known = redirections.get(name);
      if (known != null) {
        generation = known;
        return known.equals(used) ? null : known;
      }
      if (redirections.size() == REGION_LIMIT) {
        return null;
      }
      Region there = Region.of(name);
      if (there.equals(used.region())) {
        return null;
      }
      LOG.log(
          System.Logger.Level.WARNING,
          "store "
              + uri
              + ": the bucket is in region="
              + name
              + (used.region() == null ? "" : ", not " + used.region())
              + "; requests go there from now on, ?region="
              + name
              + " spares the detour");
      generation = generation(there);
      redirections.put(name, generation);
      return generation;
    }
  }

  @SuppressWarnings("UnnecessaryMethodReference") // it hides the provider's close
  S3Presigner presigner() {
    if (uri.flag("anonymous", false)) {
      throw new UnsupportedOperationException(
          "presign below " + uri + ": anonymous access has no key to sign with");
    }
    URI endpoint = endpoints.getFirst();
    S3Presigner.Builder builder =
        S3Presigner.builder()
            // The presigner closes the provider that it is given, if that can be closed.
            .credentialsProvider(credentials.credentials()::resolveCredentials)
            .serviceConfiguration(
                S3Configuration.builder()
                    .pathStyleAccessEnabled(uri.flag("pathStyle", endpoint != null))
                    .build());
    Region region = generation.region();
    if (region != null) {
      builder.region(region);
    }
    if (endpoint != null) {
      builder.endpointOverride(endpoint);
    }
    return builder.build();
  }

  @Override
  public synchronized void close() {
    all.forEach(S3AsyncClient::close);
    http.close();
    credentials.close();
  }
}
