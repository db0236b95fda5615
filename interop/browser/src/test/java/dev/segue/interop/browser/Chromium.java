package dev.segue.interop.browser;

import dev.segue.testkit.Peers;
import java.awt.image.BufferedImage;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/**
 * A Chromium without a window, driven over W3C WebDriver; with an empty profile that goes with it.
 */
final class Chromium implements AutoCloseable {
  static final String TAB = "\uE004";
  static final String ENTER = "\uE007";
  static final String ESCAPE = "\uE00C";

  /** A name of this machine that doesn't say so. */
  static final String OTHER_HOST = "robot.test";

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Pattern PORT = Pattern.compile("started successfully on port (\\d+)");
  private static final List<String> FLAGS =
      List.of(
          "--headless",
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          "--ignore-certificate-errors",
          "--host-resolver-rules=MAP " + OTHER_HOST + " 127.0.0.1",
          "--force-color-profile=srgb");

  private final Process driver;
  private final Path profile;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI session;

  private Chromium(Process driver, Path profile, int port) throws IOException {
    this.driver = driver;
    this.profile = profile;
    URI sessions = URI.create("http://127.0.0.1:" + port + "/session");
    String flags =
        Stream.concat(FLAGS.stream(), Stream.of("--user-data-dir=" + profile))
            .map(JsonText::quote)
            .collect(Collectors.joining(","));
    Map<?, ?> opened =
        (Map<?, ?>)
            Objects.requireNonNull(
                send(
                    sessions,
                    "POST",
                    """
                    {"capabilities":{"alwaysMatch":{"acceptInsecureCerts":true,
                     "goog:loggingPrefs":{"browser":"ALL"},
                     "goog:chromeOptions":{"args":[%s]}}}}"""
                        .replace("%s", flags)));
    this.session = URI.create(sessions + "/" + opened.get("sessionId") + "/");
  }

  /** Whether this machine has a browser and its driver. */
  static boolean isInstalled() throws InterruptedException {
    return Peers.runs("chromedriver", "--version");
  }

  static Chromium start() throws IOException {
    Process driver =
        new ProcessBuilder("chromedriver", "--port=0")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    Path profile = Files.createTempDirectory("segue-browser");
    boolean started = false;
    try {
      Chromium browser = new Chromium(driver, profile, portOf(driver.inputReader()));
      started = true;
      return browser;
    } finally {
      if (!started) {
        driver.destroyForcibly();
      }
    }
  }

  private static int portOf(BufferedReader lines) throws IOException {
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Matcher port = PORT.matcher(line);
      if (port.find()) {
        return Integer.parseInt(port.group(1));
      }
    }
    throw new IOException("chromedriver ended before it listened");
  }

  void open(String address) throws IOException {
    post("url", "{\"url\":" + JsonText.quote(address) + "}");
  }

  /** Runs a function's body in the page; what it returns comes as {@link JsonText} reads it. */
  @Nullable Object run(String script, String... arguments) throws IOException {
    String all = Stream.of(arguments).map(JsonText::quote).collect(Collectors.joining(","));
    return post(
        "execute/sync", "{\"script\":" + JsonText.quote(script) + ",\"args\":[" + all + "]}");
  }

  /** The text that an expression makes. */
  String text(String expression) throws IOException {
    return String.valueOf(run("return String(" + expression + ")"));
  }

  boolean holds(String condition) throws IOException {
    return Boolean.TRUE.equals(run("return Boolean(" + condition + ")"));
  }

  /** The size of the page, which no window limits. */
  void size(int width, int height) throws IOException {
    command(
        "Emulation.setDeviceMetricsOverride",
        "{\"width\":"
            + width
            + ",\"height\":"
            + height
            + ",\"deviceScaleFactor\":1,\"mobile\":false}");
  }

  void dark(boolean dark) throws IOException {
    command(
        "Emulation.setEmulatedMedia",
        "{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\""
            + (dark ? "dark" : "light")
            + "\"}]}");
  }

  /** Presses a key of WebDriver's, such as {@link #TAB}, where the focus is. */
  void press(String key) throws IOException {
    String value = ",\"value\":" + JsonText.quote(key) + "}";
    post(
        "actions",
        "{\"actions\":[{\"type\":\"key\",\"id\":\"keyboard\",\"actions\":[{\"type\":\"keyDown\""
            + value
            + ",{\"type\":\"keyUp\""
            + value
            + "]}]}");
  }

  private void command(String name, String parameters) throws IOException {
    post("goog/cdp/execute", "{\"cmd\":\"" + name + "\",\"params\":" + parameters + "}");
  }

  /** What is seen; also written into {@code target/screenshots}, for people. */
  BufferedImage screenshot(String name) throws IOException {
    String base64 = String.valueOf(send(session.resolve("screenshot"), "GET", ""));
    byte[] png = Base64.getDecoder().decode(base64);
    Path folder = Files.createDirectories(Path.of("target", "screenshots"));
    Files.write(folder.resolve(name + ".png"), png);
    return ImageIO.read(new ByteArrayInputStream(png));
  }

  /** Errors on the console since the last call. */
  List<String> errors() throws IOException {
    List<?> entries = (List<?>) Objects.requireNonNull(post("se/log", "{\"type\":\"browser\"}"));
    return entries.stream()
        .map(entry -> (Map<?, ?>) entry)
        .filter(entry -> "SEVERE".equals(entry.get("level")))
        .map(entry -> String.valueOf(entry.get("message")))
        .toList();
  }

  private @Nullable Object post(String path, String body) throws IOException {
    return send(session.resolve(path), "POST", body);
  }

  private @Nullable Object send(URI address, String method, String body) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(address)
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> response =
        http.sendAsync(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8))
            .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
            .join();
    if (response.statusCode() != 200) {
      throw new IOException("chromedriver, " + method + " " + address + ": " + response.body());
    }
    return ((Map<?, ?>) Objects.requireNonNull(JsonText.read(response.body()))).get("value");
  }

  @Override
  public void close() throws IOException {
    try {
      send(URI.create(session.toString().replaceFirst("/$", "")), "DELETE", "");
    } finally {
      driver.destroy();
      driver.onExit().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
      http.close();
      try (Stream<Path> files = Files.walk(profile)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }
}
