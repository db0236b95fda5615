package dev.segue.objectstore.azure;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.spi.StoreUri;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** A real Azure Blob server, Azurite, in a process of its own, with one container. */
public final class Azurite implements AutoCloseable {
  public static final String CONTAINER = "frames";
  public static final String ACCOUNT = "segue";
  public static final String KEY = "YSBrZXkgdGhhdCBvbmx5IHRoZSB0ZXN0cyBrbm93";
  private static final Path VERSION = Path.of("interop", "azurite", "version");
  private static final String LISTENS = "listens on ";

  private final Path directory = Files.createTempDirectory("segue-azurite-");
  private final Process process;
  private final URI endpoint;

  private Azurite(Path script) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            List.of(
                "node",
                script.toString(),
                "--blobHost",
                "127.0.0.1",
                "--blobPort",
                "0",
                "--location",
                directory.toString(),
                "--skipApiVersionCheck",
                "--disableTelemetry",
                "--silent"));
    builder.environment().put("AZURITE_ACCOUNTS", ACCOUNT + ":" + KEY);
    process = builder.redirectErrorStream(true).start();
    try {
      endpoint = URI.create(awaitUrl() + "/" + ACCOUNT);
      try (AzureClients clients = clients()) {
        clients.service().createBlobContainer(CONTAINER).toFuture().get();
      }
    } catch (Exception e) {
      close();
      throw e;
    }
  }

  /** Starts it; where it is not installed the test is skipped, and fails in CI. */
  public static Azurite start() throws Exception {
    Path script = script();
    String missing = "skipped: Azurite is not installed (interop/azurite/install)";
    assertTrue(Files.exists(script) || System.getenv("CI") == null, missing);
    Assumptions.assumeTrue(Files.exists(script), missing);
    return new Azurite(script);
  }

  private static Path script() throws IOException {
    Map<String, String> environment = System.getenv();
    String cache =
        Optional.ofNullable(environment.get("SEGUE_CACHE_DIR"))
            .or(() -> Optional.ofNullable(environment.get("XDG_CACHE_HOME")))
            .orElse(environment.get("HOME") + "/.cache");
    return Path.of(cache, "segue", "npm", "azurite-" + Files.readString(versionFile()).strip())
        .resolve(Path.of("node_modules", "azurite", "dist", "src", "blob", "main.js"));
  }

  /** Of the project, whichever module's tests run. */
  private static Path versionFile() {
    Path module = Path.of("..");
    Path ofModule = module.resolve(VERSION);
    return Files.exists(ofModule) ? ofModule : module.resolve("..").resolve(VERSION);
  }

  private String awaitUrl() throws IOException {
    BufferedReader lines = process.inputReader();
    StringBuilder all = new StringBuilder();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      int at = line.indexOf(LISTENS);
      if (at >= 0) {
        return line.substring(at + LISTENS.length()).strip();
      }
      all.append(line).append('\n');
    }
    throw new IOException("Azurite did not start:\n" + all);
  }

  /** The SDK itself, to look behind the store. */
  AzureClients clients() {
    StoreUri uri = StoreUri.parse("az://" + CONTAINER + "?endpoint=" + endpoint);
    return new AzureClients(uri, StoreSettings.defaults(), environment(), null);
  }

  static Map<String, String> environment() {
    return environment(KEY);
  }

  static Map<String, String> environment(String key) {
    return Map.of("AZURE_STORAGE_ACCOUNT", ACCOUNT, "AZURE_STORAGE_KEY", key);
  }

  /** A token for all that a store does in the container. */
  static String sasToken(AzureClients clients) {
    return clients
        .service()
        .getBlobContainerAsyncClient(CONTAINER)
        .generateSas(
            new BlobServiceSasSignatureValues(
                OffsetDateTime.now(ZoneOffset.UTC).plusHours(1),
                BlobContainerSasPermission.parse("rcwdl")));
  }

  public URI endpoint() {
    return endpoint;
  }

  AzureStore open(Map<String, String> settings) throws IOException {
    return open(endpoint.toString(), settings);
  }

  static AzureStore open(String endpoint, Map<String, String> settings) throws IOException {
    return open(CONTAINER, endpoint, settings, environment());
  }

  static AzureStore open(
      String container, String endpoint, Map<String, String> settings, Map<String, String> who)
      throws IOException {
    StoreUri uri = StoreUri.parse("az://" + container + "/some/where?endpoint=" + endpoint);
    return AzureStore.open(uri, StoreSettings.of(settings), new HashMap<>(who), null);
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      if (!process
          .onExit()
          .orTimeout(20, TimeUnit.SECONDS)
          .handle((p, late) -> late == null)
          .join()) {
        process.destroyForcibly().onExit().join();
      }
    } finally {
      deleteAll();
    }
  }

  private void deleteAll() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
