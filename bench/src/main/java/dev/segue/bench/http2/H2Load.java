package dev.segue.bench.http2;

import dev.segue.bench.harness.Command;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The load generator of nghttp2, against one server. */
final class H2Load {
  static final String COMMAND = "h2load";

  private static final Pattern FINISHED = Pattern.compile("finished in .*, ([0-9.]+)([KMG]?)B/s");
  private static final Pattern SUCCEEDED = Pattern.compile(" ([0-9]+) succeeded");

  private static final Pattern DATA = Pattern.compile("\\(([0-9]+)\\) data");

  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  private H2Load() {}

  /**
   * The division of requests among connections and streams.
   *
   * @param connectionCount at a time
   * @param streamCount of each connection at a time
   */
  record Shape(int connectionCount, int streamCount) {
    static final List<Shape> BOTH = List.of(new Shape(64, 1), new Shape(8, 8));

    @Override
    public String toString() {
      return "-c " + connectionCount + " -m " + streamCount;
    }
  }

  /**
   * The result of a run.
   *
   * @param bytesPerSecond as h2load tells it
   * @param succeededCount requests
   * @param cpuSeconds of the server
   */
  record Run(double bytesPerSecond, long succeededCount, double cpuSeconds) {}

  /**
   * Asks for a file of {@link Servers#FILE_BYTE_SIZE} so many times.
   *
   * @throws IOException if h2load can't, or what came is not the file each time: whoever answers
   *     with less is no quicker server
   */
  static Run run(Server server, String path, int requestCount, Shape shape)
      throws IOException, InterruptedException {
    double before = server.cpuSeconds();
    String said =
        Command.run(
                TIMEOUT,
                COMMAND,
                "-n" + requestCount,
                "-c" + Math.min(requestCount, shape.connectionCount),
                "-m" + shape.streamCount,
                "--tls13-ciphers=TLS_AES_128_GCM_SHA256",
                server.url(path))
            .text();
    double after = server.cpuSeconds();
    Matcher finished = FINISHED.matcher(said);
    Matcher succeeded = SUCCEEDED.matcher(said);
    Matcher data = DATA.matcher(said);
    if (!finished.find() || !succeeded.find() || !data.find()) {
      throw new IOException("h2load against " + server.name() + ": " + said);
    }
    long succeededCount = Long.parseLong(succeeded.group(1));
    long wanted = (long) requestCount * Servers.FILE_BYTE_SIZE;
    if (succeededCount == requestCount && Long.parseLong(data.group(1)) != wanted) {
      throw new IOException(
          server.name() + " sent byteSize=" + data.group(1) + " of data instead of " + wanted);
    }
    double unit =
        switch (finished.group(2)) {
          case "K" -> 1 << 10;
          case "M" -> 1 << 20;
          case "G" -> 1 << 30;
          default -> 1;
        };
    return new Run(Double.parseDouble(finished.group(1)) * unit, succeededCount, after - before);
  }
}
