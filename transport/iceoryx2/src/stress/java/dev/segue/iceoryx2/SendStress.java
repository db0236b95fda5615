package dev.segue.iceoryx2;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** A loan that several use at once is sent once or given back once, in the real core. */
public final class SendStress {
  private static final Publisher PUBLISHER = open();

  private SendStress() {}

  /** Many loans: jcstress makes many states before it runs them. */
  private static Publisher open() {
    try {
      Node node =
          Node.create(
              NodeOptions.defaults()
                  .withPrefix("segue_stress_" + ProcessHandle.current().pid() + "_"));
      Runtime.getRuntime().addShutdownHook(new Thread(node::close));
      return node.publishSubscribe("stress", Qos.defaults().withPorts(1, 1))
          .newPublisher(PublisherOptions.of(Long.BYTES).withLoanCount(1 << 16));
    } catch (IceoryxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** 1 if this sent it. */
  private static int send(Loan loan) {
    try {
      PUBLISHER.send(loan);
      return 1;
    } catch (IllegalStateException _) {
      return 0;
    } catch (IceoryxException e) {
      throw new AssertionError(e);
    }
  }

  /** A loan that ends, whatever becomes of it. */
  private abstract static class Loaned {
    final Loan loan = PUBLISHER.loan(Long.BYTES);
    final SegmentedBytes bytes = loan.handOver();

    /** 1 if its memory has gone: sent, or given back. */
    int end() {
      loan.close();
      try {
        bytes.byteAt(0);
        return 0;
      } catch (IllegalStateException _) {
        return 1;
      }
    }
  }

  /** Two threads send it. */
  @JCStressTest
  @Outcome(
      id = {"1, 0, 1", "0, 1, 1"},
      expect = ACCEPTABLE,
      desc = "sent once")
  @State
  public static class SendAndSend extends Loaned {
    /** Sends. */
    @Actor
    public void left(III_Result result) {
      result.r1 = send(loan);
    }

    /** Sends. */
    @Actor
    public void right(III_Result result) {
      result.r2 = send(loan);
    }

    /** Looks. */
    @Arbiter
    public void end(III_Result result) {
      result.r3 = end();
    }
  }

  /** One sends it while another closes it. */
  @JCStressTest
  @Outcome(
      id = {"1, 1", "0, 1"},
      expect = ACCEPTABLE,
      desc = "sent or given back")
  @State
  public static class SendAndClose extends Loaned {
    /** Sends. */
    @Actor
    public void sender(II_Result result) {
      result.r1 = send(loan);
    }

    /** Closes. */
    @Actor
    public void closer() {
      loan.close();
    }

    /** Looks. */
    @Arbiter
    public void end(II_Result result) {
      result.r2 = end();
    }
  }

  /** One sends it while its bytes are lent to another. */
  @JCStressTest
  @Outcome(
      id = {"1, 0, 1", "0, 1, 1", "1, 1, 1"},
      expect = ACCEPTABLE,
      desc = "not sent while it is lent")
  @State
  public static class SendAndLend extends Loaned {
    /** Sends. */
    @Actor
    public void sender(III_Result result) {
      result.r1 = send(loan);
    }

    /** Lends. */
    @Actor
    public void lender(III_Result result) {
      try {
        Lend.begin(bytes);
        Lend.end(bytes);
        result.r2 = 1;
      } catch (IllegalStateException _) {
        result.r2 = 0;
      }
    }

    /** Looks. */
    @Arbiter
    public void end(III_Result result) {
      result.r3 = end();
    }
  }
}
