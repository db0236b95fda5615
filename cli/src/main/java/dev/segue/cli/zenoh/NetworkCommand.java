package dev.segue.cli.zenoh;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.SegueCommand;
import dev.segue.cli.terminal.BrokenPipeException;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Quantities;
import dev.segue.cli.terminal.Signals;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;

/**
 * Common to commands that are nodes of the network until they are done, or Ctrl-C. A second Ctrl-C
 * ends the process at once.
 */
abstract class NetworkCommand extends SegueCommand {
  @Mixin private ZenohOptions zenoh = new ZenohOptions();

  private final AtomicInteger signalCount = new AtomicInteger();
  private volatile @Nullable Connections connections;
  private boolean connected;
  private long droppedCount;

  /**
   * Does the work in a session. Ctrl-C interrupts what waits.
   *
   * @throws InterruptedException if it was interrupted, by Ctrl-C or else
   */
  abstract void run(Session session)
      throws IOException, ZenohException, CommandFailedException, InterruptedException;

  /** Checks the arguments before the network is joined. */
  void check() throws CommandFailedException {}

  /** Prints what it has to say at the end, also after Ctrl-C. */
  void finish() throws IOException {}

  /** Returns whether Ctrl-C is a good end; else the exit status says that it was interrupted. */
  boolean isEndless() {
    return true;
  }

  /** Options for joining the network. */
  final ZenohOptions zenoh() {
    return zenoh;
  }

  @Override
  public final Integer call() throws CommandFailedException {
    Thread worker = Thread.currentThread();
    try (Signals _ =
        Signals.take(
            name -> {
              if (signalCount.getAndIncrement() > 0) {
                Runtime.getRuntime().halt(INTERRUPTED);
              }
              worker.interrupt();
            },
            "INT",
            "TERM",
            "HUP")) {
      return work(() -> false);
    } finally {
      Thread.interrupted();
    }
  }

  @Override
  protected final void work()
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    check();
    boolean interrupted = false;
    try {
      join();
    } catch (InterruptedException | ClosedByInterruptException e) {
      if (signalCount.get() == 0) {
        throw e;
      }
      interrupted = true;
    } catch (BrokenPipeException e) {
      checkOutput(); // It may be a full disk.
      throw e;
    }
    // What it prints now must not be interrupted as well.
    Thread.interrupted();
    finish();
    if (interrupted && !isEndless()) {
      throw new InterruptedException(spec.name());
    }
    if (!isEndless() && droppedCount > 0) {
      throw new CommandFailedException(
          "part of what it sent was lost because a receiver stalled for too long or left: at least "
              + Quantities.count(droppedCount, "message"));
    }
    if (joins() && !connected && !zenoh.connect().isEmpty()) {
      throw new CommandFailedException(noConnection());
    }
  }

  /** Returns whether it joins the network at all. */
  boolean joins() {
    return true;
  }

  /** As most commands do; one that needs no session does otherwise. */
  void join() throws IOException, ZenohException, CommandFailedException, InterruptedException {
    Config config = zenoh.config();
    try (Session session = Session.open(config);
        Connections watching =
            Connections.watch(session, config, text -> say(spec.qualifiedName() + ": " + text))) {
      connections = watching;
      try {
        run(session);
      } finally {
        connected = watching.wasConnected() || isConnected(session);
        droppedCount = session.droppedCount();
        // Closing would wait for nobody while the thread is interrupted.
        boolean _ = signalCount.get() > 0 && Thread.interrupted();
      }
    }
  }

  private static boolean isConnected(Session session) {
    try {
      return !session.peers().isEmpty() || !session.routers().isEmpty();
    } catch (ZenohException | IllegalStateException _) {
      return false; // it is closed
    }
  }

  private String noConnection() {
    return "no connection to " + String.join(" ", zenoh.connect()) + " came about";
  }

  /** Returns what to add to a message that nobody is there. */
  final String whyNobody() {
    Connections watching = connections;
    boolean isFound = watching != null && watching.wasConnected();
    return isFound || zenoh.connect().isEmpty() ? "" : ": " + noConnection();
  }

  /** Prints one of many things. */
  final void line(String text, JsonObject object) throws BrokenPipeException {
    output.line(out(), text, object);
    checkTaken();
  }

  /** Prints a text that ends its line itself, for people. */
  final void text(String text) throws BrokenPipeException {
    out().print(text);
    out().flush();
    checkTaken();
  }

  private void checkTaken() throws BrokenPipeException {
    // What picocli gives doesn't pass on what the process's own stream knows.
    if (out().checkError() || System.out.checkError()) {
      throw new BrokenPipeException(new IOException("the standard output takes no more"));
    }
  }
}
