package dev.segue.bench.cross;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A system that does the work of a bench, or two that share it.
 *
 * @param name in tables
 * @param isOurs whether it is this library on both sides
 * @param sender the command before role, lane and endpoint of {@code ping} and {@code thrpub}
 * @param receiver likewise of {@code echo} and {@code thrsub}
 */
public record Contender(String name, boolean isOurs, List<String> sender, List<String> receiver) {
  /** One program for both sides. */
  static Contender of(String name, boolean isOurs, List<String> launcher) {
    return new Contender(name, isOurs, launcher, launcher);
  }

  /** One contender sends to another: which side is the slow one? */
  public static Contender mixed(Contender sender, Contender receiver) {
    return new Contender(
        sender.name + " → " + receiver.name, false, sender.sender, receiver.receiver);
  }

  /** This library, receiving in one way, in a JVM with no flag but native access. */
  static Contender segue(Receiving receiving) {
    return of(
        "segue " + receiving,
        true,
        javaCommand(SeguePeer.class, "-D" + SeguePeer.RECEIVING_PROPERTY + "=" + receiving));
  }

  /** This library, receiving in the way of that name. */
  public static Contender segue(String receiving) {
    return segue(Receiving.of(receiving));
  }

  /** A JVM like this one with a main class of this module. */
  public static List<String> javaCommand(Class<?> main, String... flags) {
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
    boolean sends = roleAndArguments[0].equals("ping") || roleAndArguments[0].equals("thrpub");
    List<String> command = new ArrayList<>(sends ? sender : receiver);
    command.addAll(List.of(roleAndArguments));
    return command;
  }
}
