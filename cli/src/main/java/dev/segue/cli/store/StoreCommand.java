package dev.segue.cli.store;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.objectstore.ObjectStoreException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** What the commands for stores have in common: settings, faults in one line, ends by a signal. */
abstract class StoreCommand implements Callable<Integer> {
  /** As the shell does for a process that ended by SIGINT. */
  static final int INTERRUPTED = 130;

  /** As the shell does for a process that ended by SIGPIPE. */
  static final int BROKEN_PIPE = 141;

  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin StoreOptions options = new StoreOptions();
  @Mixin OutputOptions output = new OutputOptions();

  /** Which side {@code --part-size} and {@code --inflight} are about. */
  abstract StoreOptions.Direction direction();

  /** Does the work. */
  abstract void run(Stores stores, Map<String, String> variables)
      throws IOException, CommandFailedException, InterruptedException;

  @Override
  public final Integer call() throws CommandFailedException {
    Map<String, String> variables = Map.copyOf(options.variables(direction()));
    try (Interruption interruption = new Interruption()) {
      try (Stores stores = new Stores()) {
        run(stores, variables);
        return 0;
      } catch (InterruptedException e) {
        return INTERRUPTED;
      } catch (IOException | CommandFailedException e) {
        if (interruption.isRequested() || Thread.currentThread().isInterrupted()) {
          return INTERRUPTED;
        }
        if (e instanceof Output.BrokenPipeException) {
          return BROKEN_PIPE;
        }
        throw told(e instanceof CommandFailedException known ? known : failed((IOException) e));
      } catch (UnsupportedOperationException e) {
        throw told(new CommandFailedException(String.valueOf(e.getMessage()), e));
      } catch (IllegalArgumentException e) {
        throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
      } finally {
        out().flush();
      }
    }
  }

  /** Programs read the fault as data, where no result told of it yet. */
  private CommandFailedException told(CommandFailedException e) {
    if (output.json() && !output.isPrinted()) {
      JsonObject json =
          new JsonObject()
              .with("command", spec.name())
              .with("error", String.valueOf(e.getMessage()));
      if (e.getCause() instanceof ObjectStoreException store) {
        json.with("reason", store.reason().name());
      }
      out().println(json);
    }
    return e;
  }

  static CommandFailedException failed(IOException e) {
    String text =
        switch (e) {
          case ObjectStoreException store -> store.getMessage();
          case NoSuchFileException file -> file.getFile() + ": no such file";
          case AccessDeniedException file -> file.getFile() + ": permission denied";
          case FileSystemException file -> file.getFile() + ": " + file.getReason();
          default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    return new CommandFailedException(text, e);
  }

  PrintWriter out() {
    return spec.commandLine().getOut();
  }

  PrintWriter err() {
    return spec.commandLine().getErr();
  }

  Meter meter() {
    return new Meter(output.progress(err()), spec.name());
  }

  ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /** Makes a location of an argument. */
  static final class Location implements ITypeConverter<ObjectUri> {
    @Override
    public ObjectUri convert(String text) {
      try {
        return ObjectUri.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
