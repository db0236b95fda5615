package dev.segue.bench.http2;

import static dev.segue.bench.report.Units.bytes;

import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Table;
import java.util.function.Consumer;

/**
 * Measures the heap that a server allocates per response, by the response's size; all threads of
 * the server, the request with it.
 */
public final class HeapBySize {
  private static final long[] BYTE_SIZES = {65_536, 1_000_000, 10_000_000, 100_000_000};
  private static final int WARM_UP_COUNT = 300;
  private static final int LARGEST = 64 << 10;

  /** Measures. */
  public void run(Section section, Consumer<String> log) throws Exception {
    Table table = new Table("response", "h2c", "TLS 1.3");
    double[][] heap = new double[BYTE_SIZES.length][2];
    try (Servers servers = new Servers()) {
      for (int tls = 0; tls < 2; tls++) {
        try (Server server = servers.start(Servers.SEGUE, tls == 1);
            Client client = new Client(server, servers.certificates())) {
          client.get("/bytes/10000000", WARM_UP_COUNT, 10_000_000);
          for (int i = 0; i < BYTE_SIZES.length; i++) {
            heap[i][tls] = measure(client, BYTE_SIZES[i]);
            log.accept("  tls=" + tls + " byteSize=" + BYTE_SIZES[i] + ": " + bytes(heap[i][tls]));
          }
        }
      }
    }
    for (int i = 0; i < BYTE_SIZES.length; i++) {
      table.row(bytes((double) BYTE_SIZES[i]), bytes(heap[i][0]), bytes(heap[i][1]));
    }
    for (int tls = 0; tls < 2; tls++) {
      String mode = tls == 1 ? "TLS" : "h2c";
      double small = heap[0][tls];
      double large = heap[BYTE_SIZES.length - 1][tls];
      section
          .add(
              Figure.of(
                  "heap of a 10 MB response, " + mode,
                  "≤ 64 KiB",
                  bytes(heap[2][tls]),
                  "",
                  heap[2][tls] <= LARGEST))
          .add(
              Figure.info(
                  "of each further MB of it, " + mode,
                  bytes(Math.max(0, (large - small) * 1_000_000.0 / 100_000_000)),
                  ""));
    }
    section.add(table);
  }

  private static double measure(Client client, long byteSize) throws Exception {
    String path = "/bytes/" + byteSize;
    int count = Math.clamp(2_000_000_000 / byteSize, 20, 1000);
    client.get(path, 5, byteSize);
    long before = client.heapByteSize();
    long costsThemselves = client.heapByteSize() - before;
    before = client.heapByteSize();
    client.get(path, count, byteSize);
    long all = client.heapByteSize() - before - costsThemselves;
    return (double) all / count;
  }
}
