package dev.segue.cli.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.objectstore.azure.Azurite;
import dev.segue.objectstore.s3.S3Server;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class AzureCommandsTest extends StoreCommandsContract {
  private static Azurite server;

  @BeforeAll
  static void start() throws Exception {
    // Its account and key are in the environment, by this module's pom.
    server = Azurite.start();
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @Override
  String at(String key) {
    return "az://" + Azurite.CONTAINER + "/" + key + "?endpoint=" + server.endpoint();
  }

  /** Azurite stores such a name, and answers each listing with 500 from then on. */
  @Override
  boolean listsControlCharacters() {
    return false;
  }

  @Test
  void anObjectGoesToOtherKindsOfStoresAndBackWithoutACopy() throws Exception {
    System.setProperty("aws.accessKeyId", "test");
    System.setProperty("aws.secretAccessKey", "testtest");
    try (S3Server other = new S3Server()) {
      String s3 = "s3://" + S3Server.BUCKET + "/k?endpoint=" + other.endpoint();
      Path file = Data.file(folder.resolve("from"), 33 * Data.MIB + 5);
      done("put", "-q", file.toString(), at("k"));
      for (String[] way : new String[][] {{at("k"), s3}, {s3, at("l")}}) {
        String copied = done("cp", "--json", "--part-size", "5MiB", way[0], way[1]).out();
        assertEquals(Long.toString(Files.size(file)), field(copied, "bytes"));
        assertTrue(Long.parseLong(field(copied, "copiedBytes")) <= 64 * 1024, copied);
      }
      Path back = folder.resolve("back");
      done("cp", "-q", at("l"), back.toString());
      assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(back));
    } finally {
      System.clearProperty("aws.accessKeyId");
      System.clearProperty("aws.secretAccessKey");
    }
  }

  @Test
  void presignedUrlsWorkForOthers() throws Exception {
    Path file = Data.file(folder.resolve("from"), 10);
    done("put", "-q", file.toString(), at("k%3F"));
    String got = done("presign", at("k%3F")).out().strip();
    try (HttpClient other = HttpClient.newHttpClient()) {
      HttpResponse<byte[]> read =
          other.send(
              HttpRequest.newBuilder(URI.create(got)).build(),
              HttpResponse.BodyHandlers.ofByteArray());
      assertEquals(200, read.statusCode());
      assertArrayEquals(Files.readAllBytes(file), read.body());
    }
  }

  @Test
  void whatIsWrongIsInTheLine() {
    refused(1, "ContainerNotFound", "ls", at("").replace(Azurite.CONTAINER, "nosuch"));
    refused(2, "option \"region\"", "stat", "az://frames/k?region=x");
    refused(2, "names no container", "stat", "az:///k");
    refused(2, "a URL such as", "stat", "az://frames/k?endpoint=localhost");
    refused(
        1,
        "127.0.0.1:1",
        "stat",
        "--attempts",
        "1",
        "az://frames/k?endpoint=http://127.0.0.1:1/segue");
  }
}
