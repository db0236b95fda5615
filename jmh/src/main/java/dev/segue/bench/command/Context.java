package dev.segue.bench.command;

import dev.segue.bench.harness.Contender;
import dev.segue.bench.harness.Peers;
import dev.segue.bench.peers.SeguePeer;
import dev.segue.bench.report.Section;
import dev.segue.bench.store.StoreBenches;
import dev.segue.bench.zenoh.Contest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The state that the benches of one run share. One thread. */
final class Context {
  private static final long SHORT_STREAM = 2L << 30;
  private static final long STREAM = 16L << 30;

  private final Arguments arguments;
  private final Path root;
  private final long start = System.nanoTime();
  private final List<String> skipped = new ArrayList<>();
  private final List<String> versions = new ArrayList<>();
  private @Nullable List<Contender> contenders;

  Context(Arguments arguments, Path root) {
    this.arguments = arguments;
    this.root = root;
  }

  Path root() {
    return root;
  }

  /** Returns where reports go. */
  Path output() {
    return root.resolve("target/bench");
  }

  Scale scale() {
    return arguments.scale();
  }

  /** Returns whether each bench does all that it can, rather than its primary figures alone. */
  boolean isWhole() {
    return !arguments.scaleName().equals("quick");
  }

  /** Returns whether nobody asked for another number of rounds. */
  boolean isDefaultScale() {
    return scale().rounds() == Scale.FULL.rounds() || scale().rounds() == Scale.QUICK.rounds();
  }

  JmhRun jmh() {
    return new JmhRun(
        scale().forks(), scale().iterations(), scale().iterationMillis(), output().resolve("jmh"));
  }

  /** All contenders between processes, with the rounds of this run. */
  Contest contest(Section section) throws InterruptedException {
    return new Contest(contenders(), scale().rounds(), scale().otherRounds(), section, this::log);
  }

  /** Ours in each way of receiving, and the peers that can be had. */
  List<Contender> contenders() throws InterruptedException {
    List<Contender> known = contenders;
    if (known == null) {
      known = new ArrayList<>();
      for (String receiving : arguments.receiving()) {
        known.add(SeguePeer.contender(receiving));
      }
      Peers peers = new Peers(root.resolve("bench/peers"), this::logOfPeers);
      if (arguments.peers().contains("rust")) {
        List<Contender> ours = List.copyOf(known);
        List<Contender> rust = peers.rust();
        known.addAll(rust);
        if (arguments.flags().isMixed() && !rust.isEmpty()) {
          known.add(Contender.mixed(ours.getFirst(), rust.getFirst()));
          for (Contender each : ours) {
            known.add(Contender.mixed(rust.getFirst(), each));
          }
        }
      }
      if (arguments.peers().contains("python")) {
        Optional<Contender> python = peers.python();
        python.ifPresent(known::add);
      }
      if (arguments.peers().contains("java")) {
        Optional<Contender> java = peers.zenohJava();
        java.ifPresent(known::add);
      }
      versions.addAll(peers.versions());
      contenders = List.copyOf(known);
    }
    return known;
  }

  /** The command of the crate iceoryx2; empty without one. */
  List<String> iceoryx2() throws InterruptedException {
    if (!arguments.peers().contains("rust")) {
      return List.of();
    }
    Optional<Path> program = new Peers(root.resolve("bench/peers"), this::logOfPeers).iceoryx2();
    return program.map(built -> List.of(built.toString())).orElse(List.of());
  }

  StoreBenches stores() {
    return new StoreBenches(
        root,
        arguments.peers(),
        scale().rounds(),
        arguments.scaleName().equals("full") ? STREAM : SHORT_STREAM,
        this::logOfPeers);
  }

  private void logOfPeers(String line) {
    log(line);
    if (line.startsWith("skipping") && !skipped.contains(line)) {
      skipped.add(line);
    }
  }

  /** The versions of the peers of Zenoh in this run. */
  List<String> versions() {
    return List.copyOf(versions);
  }

  /** Lines about peers that could not take part. */
  List<String> skipped() {
    return List.copyOf(skipped);
  }

  /** A line of progress, for the eyes of who waits. */
  void log(String line) {
    Duration since = Duration.ofNanos(System.nanoTime() - start);
    System.err.printf(
        Locale.ROOT, "segue bench %02d:%02d %s%n", since.toMinutes(), since.toSecondsPart(), line);
  }
}
