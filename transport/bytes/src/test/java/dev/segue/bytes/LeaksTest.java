package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.spi.Leaks;
import dev.segue.bytes.spi.Lend;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Leaks are looked for in a JVM of their own, since the switch is read once. */
class LeaksTest {

  /** What the other JVM does. */
  static final class Program {
    private Program() {}

    static void loseALoan(OffHeapPool pool) {
      pool.loan(10);
    }

    static void loseALoanThatWasFilledAndSeen(OffHeapPool pool) {
      Loan loan = pool.loan(11);
      loan.segment().fill((byte) 1);
      loan.handOver().asByteBuffers();
    }

    static void loseAnArena() {
      SegmentedBytes.borrow(new LendingArena().allocate(8).asReadOnly()).segments();
    }

    static void loseALease() {
      Lend.begin(SegmentedBytes.copyOf(new byte[30]));
    }

    static void giveEverythingBack(OffHeapPool pool) {
      SegmentedBytes bytes;
      try (Loan loan = pool.loan(40)) {
        bytes = loan.handOver();
        Lend.begin(bytes);
        Lend.begin(bytes);
      }
      Lend.end(bytes);
      Lend.end(bytes);
      new LendingArena().close();
    }

    public static void main(String[] arguments) throws InterruptedException {
      OffHeapPool pool = new OffHeapPool(1 << 20);
      giveEverythingBack(pool);
      loseALoan(pool);
      loseALoanThatWasFilledAndSeen(pool);
      loseAnArena();
      loseALease();
      Loan open = pool.loan(20);
      for (int i = 0; i < 50; i++) {
        System.gc();
        Thread.sleep(10);
      }
      System.out.println("still open: " + open);
    }
  }

  private static String errorsOf(String... options) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"));
    builder.command().addAll(java.util.List.of(options));
    builder.command().add(Program.class.getName());
    Process process = builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue(), errors);
    return errors;
  }

  @Test
  void whatIsUnreachableOrOpenAtTheExitIsReportedWithTheStackThatTookIt() throws Exception {
    String errors = errorsOf("-Dsegue.leaks=true");
    String lost = "segue: leak: Loan[byteSize=10]: unreachable and never given back";
    assertTrue(errors.contains(lost), errors);
    assertTrue(errors.contains("loseALoan("), errors);
    assertTrue(
        errors.contains("segue: leak: Loan[byteSize=11]: unreachable and never given back"),
        errors);
    assertTrue(errors.contains("loseALoanThatWasFilledAndSeen"), errors);
    assertTrue(
        errors.contains("segue: leak: LendingArena: unreachable and never given back"), errors);
    assertTrue(errors.contains("loseAnArena"), errors);
    assertTrue(
        errors.contains(
            "segue: leak: lease of SegmentedBytes[byteSize=30, segmentCount=1]: unreachable and"
                + " never given back"),
        errors);
    assertTrue(errors.contains("loseALease"), errors);
    assertTrue(errors.contains("segue: leak: Loan[byteSize=20]: not given back at exit"), errors);
    assertFalse(errors.contains("byteSize=40"), errors);
    assertFalse(errors.contains("giveEverythingBack"), errors);
  }

  @Test
  void nothingIsTrackedUnlessItIsAskedFor() throws Exception {
    assertEquals("", errorsOf());
    assertNull(Leaks.track(new Object(), "nothing"));
    Leaks.close(null);
  }
}
