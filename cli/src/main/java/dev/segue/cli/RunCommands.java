package dev.segue.cli;

import dev.segue.cli.store.StorePool;
import dev.segue.cli.terminal.InputFile;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.Quantities;
import dev.segue.cli.terminal.Watch;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs commands from a list. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs commands for object stores, one in each line of a file or of the standard input, several at a"
          + " time in one process: cp, mv, sync, get, put, rm, ls, du, stat, presign.",
      "Words are separated as in a shell: '…', \"…\" and \\. Empty lines and those that begin with # are"
          + " left out. All lines run, whatever fails; they may end in another order.",
      ""
    })
public final class RunCommands extends SegueCommand {
  private static final Set<String> KNOWN =
      Set.of("cp", "mv", "sync", "get", "put", "rm", "ls", "du", "stat", "presign");

  private static final long GRACE_SECONDS = 15;

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      defaultValue = "-",
      description = "The list; - (default) for the standard input.")
  private String file = "-";

  @Option(
      names = {"-j", "--jobs"},
      paramLabel = "COUNT",
      defaultValue = "8",
      description = "Commands at a time (default: ${DEFAULT-VALUE}).")
  private int jobCount = 8;

  @Option(names = "--stop", description = "Begin no further command once one has failed.")
  private boolean stops;

  private final AtomicLong done = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();

  private RunCommands() {}

  @Override
  protected void work() throws IOException, CommandFailedException, InterruptedException {
    if (jobCount < 1 || jobCount > 1000) {
      throw usage("--jobs " + jobCount + ": from 1 to 1000");
    }
    Watch watch = new Watch();
    long count;
    try (InputStream input = InputFile.stream(file);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(input, StandardCharsets.UTF_8));
        StorePool stores = new StorePool()) {
      count = runAll(lines, stores);
    }
    long failures = failed.get();
    print(
        Quantities.count(done.get(), "command")
            + " done, "
            + failures
            + " failed, in "
            + Quantities.seconds(watch.seconds()),
        new JsonObject()
            .with("command", "run")
            .with("done", done.get())
            .with("failed", failures)
            .with("seconds", watch.seconds()));
    if (failures > 0) {
      throw new CommandFailedException(
          String.format(
              Locale.ROOT, "%d of %s failed", failures, Quantities.count(count, "command")));
    }
  }

  /** Runs each line; returns how many there were. */
  private long runAll(BufferedReader lines, StorePool stores)
      throws IOException, InterruptedException {
    long lineNumber = 0;
    long count = 0;
    Semaphore room = new Semaphore(jobCount);
    ExecutorService jobs =
        Executors.newFixedThreadPool(jobCount, Thread.ofPlatform().daemon().factory());
    try {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        lineNumber++;
        if (line.isBlank() || line.stripLeading().startsWith("#")) {
          continue;
        }
        room.acquire();
        if (stops && failed.get() > 0) {
          room.release();
          break;
        }
        count++;
        String where = "line " + lineNumber;
        String text = line;
        jobs.execute(
            () -> {
              try {
                end(run(where, text, stores));
              } finally {
                room.release();
              }
            });
      }
      room.acquire(jobCount);
    } finally {
      jobs.shutdownNow();
      jobs.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS);
    }
    return count;
  }

  private void end(int status) {
    long _ = status == 0 ? done.incrementAndGet() : failed.incrementAndGet();
  }

  private int run(String where, String line, StorePool stores) {
    PrintWriter out = out();
    PrintWriter err = err();
    try {
      List<String> words = Words.of(line);
      if (!KNOWN.contains(words.getFirst())) {
        complain(
            where
                + ": "
                + words.getFirst()
                + " is not a command that run takes: "
                + String.join(", ", KNOWN.stream().sorted().toList()));
        return CommandLine.ExitCode.USAGE;
      }
      String[] arguments = words.toArray(String[]::new);
      CommandLine command = Main.commandLine(arguments).setOut(out).setErr(err);
      return stores.share(() -> command.execute(arguments));
    } catch (IllegalArgumentException e) {
      complain(where + ": " + e.getMessage());
      return CommandLine.ExitCode.USAGE;
    } catch (Throwable e) {
      // Whatever ends a command, an Error as well, has failed it.
      complain(where + ": " + e);
      return CommandLine.ExitCode.SOFTWARE;
    }
  }

  private void complain(String text) {
    err().println(Printable.of(spec.qualifiedName() + ": " + text));
    err().flush();
  }
}
