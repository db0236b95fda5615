package dev.segue.bench;

import dev.segue.bench.cross.Contender;
import dev.segue.bench.cross.Peers;
import dev.segue.bench.store.StoreBenches;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the benches of one run share. One thread. */
final class Context {
  private static final long QUICK_STREAM = 2L << 30;
  private static final long STREAM = 16L << 30;

  private final Arguments arguments;
  private final Path root;
  private final long start = System.nanoTime();
  private final List<String> skipped = new ArrayList<>();
  private @Nullable List<Contender> contenders;

  Context(Arguments arguments, Path root) {
    this.arguments = arguments;
    this.root = root;
  }

  Scale scale() {
    return arguments.scale();
  }

  JmhRun jmh() {
    return new JmhRun(scale().iterations(), scale().iterationMillis());
  }

  /** Ours in each way of receiving, and the peers that can be had. */
  List<Contender> contenders() throws InterruptedException {
    List<Contender> known = contenders;
    if (known == null) {
      known = new ArrayList<>();
      for (String receiving : arguments.receiving()) {
        known.add(Contender.segue(receiving));
      }
      Peers peers = new Peers(root.resolve("jmh/peers"), this::logOfPeers);
      if (arguments.peers().contains("rust")) {
        List<Contender> ours = List.copyOf(known);
        Optional<Contender> rust = peers.rust();
        rust.ifPresent(known::add);
        if (arguments.isMixed() && rust.isPresent()) {
          known.add(Contender.mixed(ours.getFirst(), rust.get()));
          for (Contender each : ours) {
            known.add(Contender.mixed(rust.get(), each));
          }
        }
      }
      if (arguments.peers().contains("python")) {
        peers.python().ifPresent(known::add);
      }
      contenders = List.copyOf(known);
    }
    return known;
  }

  StoreBenches stores() {
    long streamed = arguments.scaleName().equals("quick") ? QUICK_STREAM : STREAM;
    return new StoreBenches(root, arguments.peers(), scale().rounds(), streamed, this::logOfPeers);
  }

  private void logOfPeers(String line) {
    log(line);
    if (line.startsWith("skipping") && !skipped.contains(line)) {
      skipped.add(line);
    }
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
