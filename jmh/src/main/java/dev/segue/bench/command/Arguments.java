package dev.segue.bench.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The arguments of {@code ./segue bench}.
 *
 * @param scale how long
 * @param scaleName {@code quick}, {@code full} or {@code smoke}
 * @param names of the benches; empty for all of the scale
 * @param peers which others are in the run
 * @param receiving the ways in which ours receives between processes
 * @param flags what is on or off
 */
record Arguments(
    Scale scale,
    String scaleName,
    List<String> names,
    List<String> peers,
    List<String> receiving,
    Flags flags) {
  private static final List<String> ALL_PEERS = List.of("rust", "python", "java");

  /**
   * The options that are on or off.
   *
   * @param isMixed whether ours and the Rust core send to each other as well
   * @param isList whether only to list the benches
   * @param isForced whether to measure on a machine that is not quiet
   * @param isPublished whether the report is copied into the documentation and the README
   * @param isReadme whether only to make the README's table again from the committed report
   */
  record Flags(
      boolean isMixed, boolean isList, boolean isForced, boolean isPublished, boolean isReadme) {}

  static final String USAGE =
      String.format(
          Locale.ROOT,
          """
      usage: segue bench [--quick] [--rounds N] [--soak SECONDS] [--peers rust,python,java | none]
                         [--receive WAY,…] [--mixed] [--force] [--publish] [--list] [NAME…]
             segue bench --readme
        --quick    the primary figures alone, %s; all of them take %s
        --rounds   how often each contender of the benches between processes runs
        --soak     how long a soak lasts; an hour is 3600, once for each of two lanes
        --receive  further ways of ours to receive, rows without a verdict:
                   receive, poll:yield, poll:busy, poll:backoff, poll:sleep
        --force    measures on a machine that is busy
        --smoke    runs each bench for a moment, to see that it works
        --publish  copies the report of a whole run into docs/bench and its primary figures into the README
        --readme   makes the README's table from docs/bench/report.json again
        writes target/bench/report.md, report.json and JMH's own results in target/bench/jmh
      """,
          Scale.QUICK.about(),
          Scale.FULL.about());

  /**
   * Reads the command line.
   *
   * @throws IllegalArgumentException if it can't be understood
   */
  static Arguments of(String... args) {
    Scale scale = Scale.FULL;
    String scaleName = "full";
    Optional<Integer> rounds = Optional.empty();
    OptionalLong soak = OptionalLong.empty();
    List<String> names = new ArrayList<>();
    List<String> peers = ALL_PEERS;
    List<String> receiving = new ArrayList<>(List.of("handler", "receive", "poll:yield"));
    List<String> flags = new ArrayList<>();
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--quick" -> {
          scale = Scale.QUICK;
          scaleName = "quick";
        }
        case "--smoke" -> {
          scale = Scale.SMOKE;
          scaleName = "smoke";
          flags.add("--force");
        }
        case "--list", "--mixed", "--force", "--publish", "--readme" -> flags.add(args[i]);
        case "--rounds" -> rounds = Optional.of((int) positive(args[i], value(args, i++)));
        case "--soak" -> soak = OptionalLong.of(positive(args[i], value(args, i++)));
        case "--peers" -> peers = peers(value(args, i++));
        case "--receive" -> {
          receiving = new ArrayList<>(List.of("handler"));
          for (String way : value(args, i++).split(",", -1)) {
            if (!receiving.contains(way)) {
              receiving.add(way);
            }
          }
        }
        default -> {
          if (args[i].startsWith("-")) {
            throw new IllegalArgumentException("unknown option: " + args[i]);
          }
          names.add(args[i]);
        }
      }
    }
    Scale chosen = rounds.map(scale::withRounds).orElse(scale);
    if (soak.isPresent()) {
      chosen = chosen.withSoakSeconds(soak.getAsLong());
    }
    Flags all =
        new Flags(
            flags.contains("--mixed"),
            flags.contains("--list"),
            flags.contains("--force"),
            flags.contains("--publish"),
            flags.contains("--readme"));
    boolean isWhole = names.isEmpty() && peers.equals(ALL_PEERS) && scaleName.equals("full");
    if (all.isPublished() && (!isWhole || rounds.isPresent() || all.isForced())) {
      throw new IllegalArgumentException(
          "--publish wants a whole run beside all peers on a quiet machine: no NAME, no --peers, no"
              + " --rounds, no --quick, no --force, no --smoke");
    }
    return new Arguments(chosen, scaleName, List.copyOf(names), peers, List.copyOf(receiving), all);
  }

  private static String value(String[] args, int option) {
    if (option + 1 == args.length) {
      throw new IllegalArgumentException(args[option] + " wants a value");
    }
    return args[option + 1];
  }

  private static long positive(String option, String text) {
    if (!text.matches("[1-9][0-9]{0,4}")) {
      throw new IllegalArgumentException(option + " wants a number from 1 to 99999: " + text);
    }
    return Long.parseLong(text);
  }

  private static List<String> peers(String text) {
    List<String> peers = text.equals("none") ? List.of() : List.of(text.split(",", -1));
    for (String peer : peers) {
      if (!ALL_PEERS.contains(peer)) {
        throw new IllegalArgumentException("--peers wants rust, python, java or none: " + peer);
      }
    }
    return peers;
  }
}
