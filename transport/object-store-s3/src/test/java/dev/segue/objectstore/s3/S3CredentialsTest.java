package dev.segue.objectstore.s3;

import static dev.segue.objectstore.ObjectStoreContract.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.StoreSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Who asks, seen by the servers that are asked: a bucket and a token service with a script. */
@Timeout(60)
class S3CredentialsTest {
  private final Map<String, String> before = new TreeMap<>();
  private final LinkedBlockingQueue<Headers> asked = new LinkedBlockingQueue<>();
  private final LinkedBlockingQueue<String> assumed = new LinkedBlockingQueue<>();
  @TempDir Path directory;
  private HttpServer server;
  private volatile boolean refusing;

  @BeforeEach
  void begin() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.createContext("/bucket/", this::bucket);
    server.createContext("/", this::sts);
    server.start();
    set("aws.endpointUrlSts", endpoint());
    // The default chain would take these first.
    set("aws.accessKeyId", "ENVIRONMENT");
    set("aws.secretAccessKey", "secret");
    Path credentials = directory.resolve("credentials");
    Files.writeString(
        credentials, "[camera]\naws_access_key_id=PROFILE\naws_secret_access_key=secret\n");
    Path config = directory.resolve("config");
    Files.writeString(config, "[profile camera]\nregion=eu-central-1\n");
    set("aws.sharedCredentialsFile", credentials.toString());
    set("aws.configFile", config.toString());
  }

  private void set(String name, String value) {
    String old = System.getProperty(name);
    before.put(name, old == null ? "" : old);
    System.setProperty(name, value);
  }

  @AfterEach
  void end() {
    server.stop(0);
    before.forEach(
        (name, value) -> {
          if (value.isEmpty()) {
            System.clearProperty(name);
          } else {
            System.setProperty(name, value);
          }
        });
  }

  private String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void bucket(HttpExchange exchange) throws IOException {
    try (exchange) {
      asked.add(exchange.getRequestHeaders());
      exchange.getResponseHeaders().set("ETag", "\"a\"");
      exchange.getResponseHeaders().set("Content-Length", "5");
      exchange.sendResponseHeaders(200, -1);
    }
  }

  private void sts(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (refusing) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      assumed.add(
          new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)
              + " by "
              + exchange.getRequestHeaders().getFirst("Authorization"));
      byte[] body =
          ("<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
                  + "<AssumeRoleResult><Credentials><AccessKeyId>ROLE</AccessKeyId>"
                  + "<SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>"
                  + "<Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>"
                  + "</AssumeRoleResult></AssumeRoleResponse>")
              .getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private Headers headersOf(String options) throws Exception {
    String uri = "s3://bucket?endpoint=" + endpoint() + options;
    try (ObjectStore store =
        ObjectStore.open(uri, StoreSettings.of(Map.of("SEGUE_ATTEMPTS", "1")))) {
      assertEquals(5, store.head("k").byteSize());
    }
    Headers headers = asked.take();
    assertNotNull(headers);
    return headers;
  }

  private static void checkWho(Headers headers, String key, String region) {
    String who = headers.getFirst("Authorization");
    assertTrue(who.contains("Credential=" + key + "/"), who);
    assertTrue(who.contains("/" + region + "/s3/"), who);
  }

  @Test
  void theEnvironmentIsAskedWhereTheUriSaysNothing() throws Exception {
    checkWho(headersOf(""), "ENVIRONMENT", "us-east-1");
  }

  @Test
  void aProfileWinsOverTheEnvironmentAndBringsItsRegion() throws Exception {
    checkWho(headersOf("&profile=camera"), "PROFILE", "eu-central-1");
    checkWho(headersOf("&profile=camera&region=us-west-2"), "PROFILE", "us-west-2");
  }

  @Test
  void aProfileThatIsNotThereIsSaidToBeMissing() {
    ObjectStoreException failure =
        failure(Reason.OTHER, () -> headersOf("&profile=nope&region=us-east-1"));
    assertTrue(failure.getMessage().contains("nope"), failure::getMessage);
  }

  @Test
  void aRoleIsAssumedOnceAndItsTokenIsSent() throws Exception {
    String role = "arn:aws:iam::123456789012:role/frames";
    Headers headers = headersOf("&profile=camera&roleArn=" + role);
    checkWho(headers, "ROLE", "eu-central-1");
    assertEquals("token", headers.getFirst("X-Amz-Security-Token"));
    String request = assumed.take();
    assertTrue(request.contains("Action=AssumeRole"), request);
    assertTrue(request.contains("role%2Fframes"), request);
    assertTrue(request.contains("Credential=PROFILE/"), request);
    assertTrue(assumed.isEmpty());
  }

  @Test
  void aTokenServiceThatRefusesIsNoMissingObject() {
    refusing = true;
    String role = "arn:aws:iam::123456789012:role/frames";
    ObjectStoreException failure =
        failure(Reason.DENIED, () -> headersOf("&profile=camera&roleArn=" + role));
    assertTrue(failure.getMessage().contains("credentials"), failure::getMessage);
  }

  @Test
  void whoHasNoCredentialsIsToldHowToNameThem() {
    Assumptions.assumeTrue(System.getenv("AWS_ACCESS_KEY_ID") == null, "the environment has some");
    System.clearProperty("aws.accessKeyId");
    set("aws.disableEc2Metadata", "true");
    for (Executable each :
        List.<Executable>of(
            () -> headersOf("&region=us-east-1"),
            () -> {
              try (ObjectStore store = ObjectStore.open("s3://b?region=us-east-1")) {
                store.presignGet("k", Duration.ofHours(1));
              }
            })) {
      ObjectStoreException failure = failure(Reason.DENIED, each);
      assertTrue(failure.getMessage().contains("AWS_ACCESS_KEY_ID"), failure::getMessage);
      assertTrue(failure.getMessage().contains("anonymous"), failure::getMessage);
    }
  }

  @Test
  void anonymousSignsNothing() throws Exception {
    assertEquals(null, headersOf("&anonymous").getFirst("Authorization"));
  }
}
