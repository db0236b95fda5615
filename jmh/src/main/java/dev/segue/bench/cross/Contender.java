package dev.segue.bench.cross;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A system that does the work of a bench.
 *
 * @param name in tables
 * @param isOurs whether it is this library
 * @param launcher the command before role, lane and endpoint
 */
public record Contender(String name, boolean isOurs, List<String> launcher) {
  /** This library, receiving in one way, in a JVM with no flag but native access. */
  static Contender segue(Receiving receiving) {
    return new Contender(
        "segue " + receiving,
        true,
        javaCommand(SeguePeer.class, "-D" + SeguePeer.RECEIVING_PROPERTY + "=" + receiving));
  }

  /** This library, receiving in the way of that name. */
  public static Contender segue(String receiving) {
    return segue(Receiving.of(receiving));
  }

  /** A JVM like this one with a main class of this module. */
  static List<String> javaCommand(Class<?> main, String... flags) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of(flags));
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main.getName());
    return command;
  }

  /** The command of a role with its arguments. */
  List<String> command(String... roleAndArguments) {
    List<String> command = new ArrayList<>(launcher);
    command.addAll(List.of(roleAndArguments));
    return command;
  }
}
