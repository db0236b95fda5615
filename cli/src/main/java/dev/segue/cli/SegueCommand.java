package dev.segue.cli;

import dev.segue.cli.terminal.BrokenPipeException;
import dev.segue.cli.terminal.Interruption;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.OutputOptions;
import dev.segue.cli.terminal.ProgressLine;
import dev.segue.cli.terminal.StandardOutput;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileLockInterruptionException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Common to all commands: output, faults in one line and with {@code --json} as data, exit
 * statuses, ends by a signal.
 *
 * <p>Owner: picocli. Lifetime: one call. Threads: the one that calls.
 */
public abstract class SegueCommand implements Callable<Integer> {
  /** As the shell does for a process that ended by SIGINT. */
  public static final int INTERRUPTED = 130;

  /** As the shell does for a process that ended by SIGPIPE. */
  static final int BROKEN_PIPE = 141;

  /** Of this command; set by picocli. */
  @Spec protected CommandSpec spec = CommandSpec.create();

  /** Its output. */
  @Mixin protected OutputOptions output = new OutputOptions();

  private boolean writesBytes;

  /** For picocli. */
  protected SegueCommand() {}

  /** Does the work. */
  protected abstract void work()
      throws IOException, ZenohException, CommandFailedException, InterruptedException;

  @Override
  public Integer call() throws CommandFailedException {
    try (Interruption interruption = new Interruption()) {
      return work(() -> interruption.isRequested() || Thread.currentThread().isInterrupted());
    }
  }

  /**
   * Does the work and turns how it ends into an exit status.
   *
   * @param isEnding whether a fault comes from the process's end
   */
  protected final int work(BooleanSupplier isEnding) throws CommandFailedException {
    try {
      work();
      checkOutput();
      return 0;
    } catch (InterruptedException | ClosedByInterruptException | FileLockInterruptionException e) {
      // What an interrupt of a file says, which nobody but an end by a signal makes.
      return INTERRUPTED;
    } catch (IOException | ZenohException | CommandFailedException e) {
      if (isEnding.getAsBoolean()) {
        return INTERRUPTED;
      }
      if (e instanceof BrokenPipeException) {
        return BROKEN_PIPE;
      }
      throw told(failed(e));
    } catch (UnsupportedOperationException e) {
      throw told(new CommandFailedException(String.valueOf(e.getMessage()), e));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    } finally {
      out().flush();
    }
  }

  /** Programs read the fault as data, where no result has told of it yet. */
  private CommandFailedException told(CommandFailedException e) {
    if (output.json() && !output.isPrinted()) {
      JsonObject json =
          new JsonObject()
              .with("command", spec.name())
              .with("error", String.valueOf(e.getMessage()));
      if (e.getCause() instanceof ObjectStoreException store) {
        json.with("reason", store.reason().name());
      } else if (e.getCause() instanceof ZenohException zenoh) {
        json.with("reason", zenoh.kind().name());
      }
      (writesBytes ? err() : out()).println(json);
    }
    return e;
  }

  /** A fault as the line that the user reads. */
  public static CommandFailedException failed(Exception e) {
    String text =
        switch (e) {
          case CommandFailedException known -> String.valueOf(known.getMessage());
          case NoSuchFileException file -> file.getFile() + ": no such file";
          case AccessDeniedException file -> file.getFile() + ": permission denied";
          case FileAlreadyExistsException file -> file.getFile() + ": it is there already";
          case FileSystemException file ->
              file.getFile()
                  + ": "
                  + (file.getReason() == null ? file.getClass().getSimpleName() : file.getReason());
          default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    return e instanceof CommandFailedException known ? known : new CommandFailedException(text, e);
  }

  /** Checks that what was printed has arrived. */
  protected final void checkOutput() throws IOException {
    StandardOutput.check(out());
  }

  /** The standard output. */
  protected final PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** The standard error stream. */
  protected final PrintWriter err() {
    return spec.commandLine().getErr();
  }

  /** Says something beside the result, on the standard error stream. */
  protected final void say(String text) {
    if (!output.quiet()) {
      err().println(text);
      err().flush();
    }
  }

  /** A line of progress. */
  protected final ProgressLine progress() {
    return output.progress(err());
  }

  /**
   * From here on the standard output has bytes of objects or payloads: a result or a fault as data
   * goes to the standard error stream, and a result for people nowhere.
   */
  protected final void writesBytes() {
    writesBytes = true;
  }

  /** Prints the result. */
  protected final void print(String text, Object json) {
    if (!writesBytes) {
      output.result(out(), text, json);
    } else if (output.json()) {
      output.result(err(), "", json);
    }
  }

  /** Wrong arguments: exit status 2. */
  protected final ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
