package dev.segue.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What {@code ./segue bench} was asked to do.
 *
 * @param scale how long
 * @param scaleName {@code quick}, {@code usual} or {@code full}
 * @param names of the benches; empty for all
 * @param peers which others are in the run
 * @param receiving the ways in which ours receives between processes
 * @param isMixed whether ours and the Rust core send to each other as well
 * @param isList whether only to list the benches
 */
record Arguments(
    Scale scale,
    String scaleName,
    List<String> names,
    List<String> peers,
    List<String> receiving,
    boolean isMixed,
    boolean isList) {
  private static final List<String> ALL_PEERS = List.of("rust", "python", "java");
  static final String USAGE =
      """
      usage: segue bench [--quick | --full] [--rounds N] [--peers rust,python,java | none]
                         [--receive WAY,…] [--mixed] [--list] [NAME…]
        WAY: handler, receive, poll:busy, poll:yield, poll:backoff, poll:sleep
        writes target/bench/report.md; --list shows the names
      """;

  /**
   * Reads the command line.
   *
   * @throws IllegalArgumentException if it can't be understood
   */
  static Arguments of(String... args) {
    Scale scale = Scale.USUAL;
    String scaleName = "usual";
    Optional<Integer> rounds = Optional.empty();
    List<String> names = new ArrayList<>();
    List<String> peers = ALL_PEERS;
    List<String> receiving = List.of("handler", "poll:yield");
    boolean isMixed = false;
    boolean isList = false;
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--quick" -> {
          scale = Scale.QUICK;
          scaleName = "quick";
        }
        case "--full" -> {
          scale = Scale.FULL;
          scaleName = "full";
        }
        case "--list" -> isList = true;
        case "--mixed" -> isMixed = true;
        case "--rounds" -> rounds = Optional.of(positive(value(args, i++)));
        case "--peers" -> peers = peers(value(args, i++));
        case "--receive" -> receiving = List.of(value(args, i++).split(",", -1));
        default -> {
          if (args[i].startsWith("-")) {
            throw new IllegalArgumentException("unknown option: " + args[i]);
          }
          names.add(args[i]);
        }
      }
    }
    Scale chosen = rounds.map(scale::rounds).orElse(scale);
    return new Arguments(chosen, scaleName, List.copyOf(names), peers, receiving, isMixed, isList);
  }

  private static String value(String[] args, int option) {
    if (option + 1 == args.length) {
      throw new IllegalArgumentException(args[option] + " wants a value");
    }
    return args[option + 1];
  }

  private static int positive(String text) {
    if (!text.matches("[1-9][0-9]{0,3}")) {
      throw new IllegalArgumentException("--rounds wants a count from 1 to 9999: " + text);
    }
    return Integer.parseInt(text);
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
