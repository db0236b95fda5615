package dev.segue.objectstore;

import java.io.IOException;
import java.net.URI;
import java.util.Map;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.junit.S3ProxyExtension;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/** A real S3 server in this process, with one bucket. */
final class S3Server implements AutoCloseable {
  static final String BUCKET = "frames";
  static final AwsCredentialsProvider CREDENTIALS = credentials("test", "testtest");

  private final S3ProxyExtension server =
      S3ProxyExtension.builder()
          .withCredentials(AuthenticationType.AWS_V4, "test", "testtest")
          .withBlobStoreProvider("transient-nio2")
          .build();

  S3Server() throws Exception {
    server.beforeEach(null);
    try (S3Clients clients =
        new S3Clients(
            StoreUri.parse("s3://" + BUCKET + "?endpoint=" + endpoint()),
            StoreSettings.defaults(),
            CREDENTIALS,
            null)) {
      var _ = clients.send(s3 -> s3.createBucket(request -> request.bucket(BUCKET))).get();
    }
  }

  static AwsCredentialsProvider credentials(String id, String secret) {
    return StaticCredentialsProvider.create(AwsBasicCredentials.create(id, secret));
  }

  URI endpoint() {
    return server.getUri();
  }

  S3Store open(Map<String, String> settings) throws IOException {
    return open(endpoint().toString(), settings);
  }

  static S3Store open(String endpoints, Map<String, String> settings) throws IOException {
    return open(BUCKET, endpoints, settings, CREDENTIALS);
  }

  static S3Store open(
      String bucket, String endpoints, Map<String, String> settings, AwsCredentialsProvider who)
      throws IOException {
    StoreUri uri = StoreUri.parse("s3://" + bucket + "/some/where?endpoint=" + endpoints);
    return S3Store.open(uri, StoreSettings.of(settings), who, null);
  }

  @Override
  public void close() {
    server.afterEach(null);
  }
}
