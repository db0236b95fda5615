package dev.segue.cli.store;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.SegueCommand;
import dev.segue.cli.terminal.Printable;
import dev.segue.objectstore.ObjectStoreException;
import java.io.IOException;
import java.util.Map;

/** The base of the commands for stores. */
abstract class StoreCommand extends SegueCommand {
  /** Returns what its options say of stores. */
  abstract StoreOptions options();

  /** Does the work. */
  abstract void run(Stores stores, Map<String, String> variables)
      throws IOException, CommandFailedException, InterruptedException;

  @Override
  protected final void work() throws IOException, CommandFailedException, InterruptedException {
    Map<String, String> variables = options().variables();
    try (Stores stores = new Stores(options())) {
      run(stores, variables);
    }
  }

  final String name() {
    return spec.name();
  }

  final Meter meter() {
    return new Meter(progress(), spec.name());
  }

  final void print(Outcome outcome) {
    print(outcome.line(), outcome.json());
  }

  /** What is written goes there, which may be the standard output itself. */
  final void goesTo(ObjectUri to) throws IOException {
    if (Streams.isStandardOutput(to)) {
      writesBytes();
    }
  }

  /** A line of its own for a folder that can't be read. */
  final void complain(ObjectStoreException failure) {
    complain(String.valueOf(failure.getMessage()));
  }

  /** A line of its own for what failed while the rest goes on. */
  final void complain(String text) {
    err().println(Printable.of(spec.qualifiedName() + ": " + text));
    err().flush();
  }
}
