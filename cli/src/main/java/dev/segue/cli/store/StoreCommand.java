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
    output.result(out(), outcome.line(), outcome.json());
  }

  /** Prints the result of what was written somewhere, which may be the standard output itself. */
  final void print(Outcome outcome, ObjectUri to) throws IOException {
    if (Streams.isStandardOutput(to)) {
      printBeside(outcome);
    } else {
      print(outcome);
    }
  }

  /** Prints a result where the standard output has the bytes themselves; nothing for people. */
  final void printBeside(Outcome outcome) {
    printBeside(outcome.json());
  }

  /** A line of its own for a folder that can't be read. */
  final void complain(ObjectStoreException failure) {
    err().println(Printable.of(spec.qualifiedName() + ": " + failure.getMessage()));
    err().flush();
  }
}
