package dev.segue.objectstore.s3;

import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.http.TlsEngines;
import dev.segue.objectstore.spi.StoreUri;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.junit.S3ProxyExtension;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.Part;

/** A real S3 server in this process, with one bucket. */
public final class S3Server implements AutoCloseable {
  public static final String BUCKET = "frames";
  static final String CREDENTIALS_ID = "test";
  static final String CREDENTIALS_SECRET = "testtest";
  static final AwsCredentialsProvider CREDENTIALS = credentials(CREDENTIALS_ID, CREDENTIALS_SECRET);

  private final S3ProxyExtension server =
      S3ProxyExtension.builder()
          .withCredentials(AuthenticationType.AWS_V4, CREDENTIALS_ID, CREDENTIALS_SECRET)
          .withBlobStoreProvider("transient-nio2")
          .build();

  public S3Server() throws Exception {
    server.beforeEach(null);
    createBucket(endpoint(), null);
  }

  static S3Clients clients(URI endpoint) {
    return clients(endpoint, null);
  }

  private static S3Clients clients(URI endpoint, @Nullable TlsEngines tls) {
    return new S3Clients(
        StoreUri.parse("s3://" + BUCKET + "?endpoint=" + endpoint),
        StoreSettings.defaults(),
        CREDENTIALS,
        tls);
  }

  static void createBucket(URI endpoint, @Nullable TlsEngines tls) throws Exception {
    try (S3Clients clients = clients(endpoint, tls)) {
      clients.send(s3 -> s3.createBucket(request -> request.bucket(BUCKET))).get();
    }
  }

  static AwsCredentialsProvider credentials(String id, String secret) {
    return StaticCredentialsProvider.create(AwsBasicCredentials.create(id, secret));
  }

  public URI endpoint() {
    return server.getUri();
  }

  /** Keys of uploads that were begun and neither ended nor aborted. */
  public List<String> unfinishedUploads() throws Exception {
    return unfinishedUploads(endpoint()).stream().map(each -> each.split(" ", 2)[0]).toList();
  }

  /** How many bytes the server keeps of uploads that were begun and neither ended nor aborted. */
  public long unfinishedByteSize() throws Exception {
    long byteSize = 0;
    try (S3Clients clients = clients(endpoint())) {
      for (MultipartUpload upload :
          clients
              .send(s3 -> s3.listMultipartUploads(request -> request.bucket(BUCKET)))
              .get()
              .uploads()) {
        byteSize +=
            clients
                .send(
                    s3 ->
                        s3.listParts(
                            request ->
                                request
                                    .bucket(BUCKET)
                                    .key(upload.key())
                                    .uploadId(upload.uploadId())))
                .get()
                .parts()
                .stream()
                .mapToLong(Part::size)
                .sum();
      }
    }
    return byteSize;
  }

  /** The same of another server, each with its upload id. */
  static List<String> unfinishedUploads(URI endpoint) throws Exception {
    try (S3Clients clients = clients(endpoint)) {
      return clients
          .send(s3 -> s3.listMultipartUploads(request -> request.bucket(BUCKET)))
          .get()
          .uploads()
          .stream()
          .map(upload -> upload.key() + " " + upload.uploadId())
          .toList();
    }
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
    return open(bucket, endpoints, who, StoreSettings.of(settings));
  }

  static S3Store open(
      String bucket, String endpoints, AwsCredentialsProvider who, StoreSettings settings)
      throws IOException {
    StoreUri uri = StoreUri.parse("s3://" + bucket + "/some/where?endpoint=" + endpoints);
    return S3Store.open(uri, settings, who, null);
  }

  @Override
  public void close() {
    server.afterEach(null);
  }
}
