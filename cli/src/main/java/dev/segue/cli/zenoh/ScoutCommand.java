package dev.segue.cli.zenoh;

import dev.segue.cli.terminal.BrokenPipeException;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Printable;
import dev.segue.zenoh.Hello;
import dev.segue.zenoh.Mode;
import dev.segue.zenoh.Scout;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Looks for nodes. */
@Command(
    name = "scout",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Looks for routers and peers by multicast and shows each once: what it is, its id, and where it"
          + " listens.",
      ""
    })
public final class ScoutCommand extends NetworkCommand {
  private static final Duration SLICE = Duration.ofMillis(50);

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Time to look for nodes (default: ${DEFAULT-VALUE}).")
  private double seconds;

  private final Set<Hello> found = new HashSet<>();

  private ScoutCommand() {}

  @Override
  void check() {
    if (!(seconds > 0)) {
      throw new IllegalArgumentException("--seconds " + seconds + ": positive");
    }
  }

  @Override
  boolean joins() {
    return false;
  }

  @Override
  void join() throws BrokenPipeException, ZenohException, InterruptedException {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    try (Scout scout = Scout.start(zenoh().config(), EnumSet.of(Mode.ROUTER, Mode.PEER))) {
      while (System.nanoTime() - end < 0) {
        Optional<Hello> hello = scout.receive(SLICE);
        if (hello.isPresent() && found.add(hello.get())) {
          show(hello.get());
        }
      }
    }
  }

  @Override
  void run(Session session) {
    throw new UnsupportedOperationException("scouting needs no session");
  }

  private void show(Hello hello) throws BrokenPipeException {
    String mode = hello.mode().name().toLowerCase(Locale.ROOT);
    String locators = String.join(" ", hello.locators());
    line(
        Printable.of(mode + "  " + hello.zid() + "  " + locators),
        new JsonObject()
            .with("mode", mode)
            .with("zid", hello.zid().toString())
            .with("locators", locators));
  }

  @Override
  void finish() {
    if (found.isEmpty()) {
      say("no node answered");
    }
  }
}
