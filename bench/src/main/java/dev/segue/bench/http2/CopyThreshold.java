package dev.segue.bench.http2;

import static dev.segue.bench.report.Units.bytes;
import static dev.segue.bench.report.Units.digits;
import static dev.segue.bench.report.Units.time;

import dev.segue.bench.report.Section;
import dev.segue.bench.report.Stats;
import dev.segue.bench.report.Table;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Up to which size a piece is cheaper copied than lent: the same pieces through a server that
 * copies them all and one that copies none, by the server's processor time.
 */
public final class CopyThreshold {
  private static final int[] BYTE_SIZES = {64, 128, 256, 512, 1024, 2048, 4096};
  private static final int BODY_BYTE_SIZE = 4 << 20;

  private final int requestCount;
  private final int rounds;

  /** So many bodies of 4 MiB for each size and round. */
  public CopyThreshold(int requestCount, int rounds) {
    this.requestCount = requestCount;
    this.rounds = rounds;
  }

  /** Measures. */
  public void run(Section section, Consumer<String> log) throws Exception {
    try (Servers servers = new Servers()) {
      compare(servers, "out, h2c", "segue.http2.copiedPiece", false, section, log);
      compare(servers, "out, TLS", "segue.http2.copiedPiece", true, section, log);
      compare(servers, "in, h2c", "segue.http2.copiedData", false, section, log);
    }
    section.remark(
        "rounds="
            + rounds
            + " of each, so a single row says little. Our server copies pieces of up to 1 KiB on their"
            + " way out and of up to 4 KiB on their way in, these for the memory's sake as well: one"
            + " that is kept lent keeps a receive buffer of up to 64 KiB.");
  }

  private void compare(
      Servers servers,
      String what,
      String property,
      boolean isTls,
      Section section,
      Consumer<String> log)
      throws Exception {
    double[] lent = new double[BYTE_SIZES.length];
    double[] copied = new double[BYTE_SIZES.length];
    boolean isIn = what.startsWith("in");
    try (Server lending = servers.start(Servers.SEGUE, isTls, "-D" + property + "=0");
        Server copying = servers.start(Servers.SEGUE, isTls, "-D" + property + "=4096");
        Client toLending = new Client(lending, servers.certificates());
        Client toCopying = new Client(copying, servers.certificates())) {
      for (int i = 0; i < BYTE_SIZES.length; i++) {
        List<Double> lentRounds = new ArrayList<>();
        List<Double> copiedRounds = new ArrayList<>();
        for (int round = 0; round <= rounds; round++) {
          lentRounds.add(pieceNanos(lending, toLending, BYTE_SIZES[i], isIn));
          copiedRounds.add(pieceNanos(copying, toCopying, BYTE_SIZES[i], isIn));
        }
        lent[i] = medianAfterFirst(lentRounds);
        copied[i] = medianAfterFirst(copiedRounds);
        log.accept(
            "  "
                + what
                + " byteSize="
                + BYTE_SIZES[i]
                + ": lent "
                + digits(lent[i])
                + " ns, copied "
                + digits(copied[i])
                + " ns");
      }
    }
    Table table = new Table(what + ": piece", "lent", "copied");
    for (int i = 0; i < BYTE_SIZES.length; i++) {
      table.row(bytes(BYTE_SIZES[i]), time(lent[i]), time(copied[i]));
    }
    section.add(table).raw(what + ", lent", "ns", lent).raw(what + ", copied", "ns", copied);
  }

  private static double medianAfterFirst(List<Double> rounds) {
    return Stats.median(rounds.stream().skip(1).mapToDouble(Double::doubleValue).toArray());
  }

  private double pieceNanos(Server server, Client client, int byteSize, boolean isIn)
      throws Exception {
    int count = BODY_BYTE_SIZE / byteSize;
    double before = server.cpuSeconds();
    if (isIn) {
      SegmentedBytes piece =
          SegmentedBytes.fromSegments(
              List.of(Arena.ofAuto().allocate(byteSize).asReadOnly()), false);
      for (int i = 0; i < Math.max(1, requestCount / 4); i++) {
        client.post("/sink", piece, count);
      }
    } else {
      client.get("/pieces/" + byteSize + "/" + BODY_BYTE_SIZE, requestCount, BODY_BYTE_SIZE);
    }
    double requests = isIn ? Math.max(1, requestCount / 4) : requestCount;
    return (server.cpuSeconds() - before) * 1e9 / requests / count;
  }
}
