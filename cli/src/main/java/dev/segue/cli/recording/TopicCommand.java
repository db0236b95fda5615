package dev.segue.cli.recording;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.store.Interruption;
import dev.segue.cli.store.ObjectUri;
import dev.segue.cli.store.StoreOptions;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.ProgressLine;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.StoreSettings;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** What these commands have in common: a session, a store, faults in one line. */
abstract class TopicCommand implements Callable<Integer> {
  private static final int INTERRUPTED = 130;
  private static final Duration DELIVERY = Duration.ofSeconds(5);

  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin SessionOptions sessionOptions = new SessionOptions();
  @Mixin StoreOptions storeOptions = new StoreOptions();

  @Option(
      names = "--json",
      description = "Print what was done as one JSON object on the standard output.")
  private boolean json;

  @Option(
      names = {"-q", "--quiet"},
      description = "Show no progress, print no result.")
  private boolean quiet;

  /** Whether the store is read or written. */
  abstract StoreOptions.Direction direction();

  /** Where the object is. */
  abstract ObjectUri object();

  /** Does the work. */
  abstract void run(Session session, ObjectStore store)
      throws IOException, ZenohException, CommandFailedException, InterruptedException;

  @Override
  public final Integer call() throws CommandFailedException {
    if (object().isFolder()) {
      throw new ParameterException(spec.commandLine(), object() + ": it names no object");
    }
    if (endsOnSignal()) {
      return callUntilSignal();
    }
    try (Interruption interruption = new Interruption()) {
      try {
        runWithin();
        return 0;
      } catch (InterruptedException e) {
        return INTERRUPTED;
      } catch (IOException | ZenohException e) {
        if (interruption.isRequested()) {
          return INTERRUPTED;
        }
        throw new CommandFailedException(e.getMessage() == null ? e.toString() : e.getMessage(), e);
      } catch (IllegalArgumentException e) {
        throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
      } finally {
        out().flush();
      }
    }
  }

  /** Whether Ctrl-C is a good end of the command, which it brings about itself. */
  boolean endsOnSignal() {
    return false;
  }

  /** What a second signal, which ends the process at once, leaves behind: told to the user. */
  String leftBehind() {
    return "";
  }

  /** A signal that is no end: {@code USR1}. */
  void onSignal() {}

  private int callUntilSignal() throws CommandFailedException {
    Thread worker = Thread.currentThread();
    AtomicInteger count = new AtomicInteger();
    try (Signals _ =
        Signals.take(
            name -> {
              if (name.equals("USR1")) {
                onSignal();
              } else if (count.getAndIncrement() == 0) {
                worker.interrupt();
              } else {
                say(spec.qualifiedName() + ": given up. " + leftBehind());
                Runtime.getRuntime().halt(INTERRUPTED);
              }
            },
            "INT",
            "TERM",
            "HUP",
            "USR1")) {
      runWithin();
      return 0;
    } catch (InterruptedException e) {
      return INTERRUPTED;
    } catch (IOException | ZenohException e) {
      throw new CommandFailedException(e.getMessage() == null ? e.toString() : e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    } finally {
      boolean _ = Thread.interrupted();
      out().flush();
    }
  }

  private void runWithin()
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    StoreSettings settings = StoreSettings.of(storeOptions.variables(direction()));
    try (ObjectStore store = ObjectStore.open(object().storeUri(), settings)) {
      check(store);
      runWithin(store);
    }
  }

  /** Looks, before anybody is waited for, whether there is anything to do. */
  void check(ObjectStore store) throws IOException, CommandFailedException {}

  private void runWithin(ObjectStore store)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    try (Session session = Session.open(sessionOptions.config())) {
      run(session, store);
    }
  }

  PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** Says something on the standard error stream. */
  void say(String text) {
    if (!quiet) {
      PrintWriter err = spec.commandLine().getErr();
      err.println(text);
      err.flush();
    }
  }

  ProgressLine progress() {
    PrintWriter err = spec.commandLine().getErr();
    return quiet ? ProgressLine.silent(err) : ProgressLine.on(err);
  }

  void print(String text, JsonObject object) {
    if (json) {
      out().println(object);
    } else if (!quiet) {
      out().println(text);
    }
    out().flush();
  }

  /** Waits a little until the readers of a pool have let go of it: then all has been delivered. */
  static void awaitDelivery(ShmPool pool) throws InterruptedException {
    long deadline = System.nanoTime() + DELIVERY.toNanos();
    while (pool.collect() < pool.capacityByteSize() && System.nanoTime() - deadline < 0) {
      Thread.sleep(1);
    }
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
