package dev.segue.bench.harness;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A system that does the work of a bench in one style of receiving.
 *
 * @param name in tables
 * @param system {@code segue}, {@code rust}, {@code python}, {@code zenoh-java}
 * @param style how it receives; only contenders of one style are judged against each other
 * @param sender the command before role, lane and endpoint of {@code ping}, {@code thrpub} and
 *     {@code pacepub}
 * @param receiver likewise of the other roles
 * @param roles that it can play
 * @param lanes that it can use
 */
public record Contender(
    String name,
    String system,
    Style style,
    List<String> sender,
    List<String> receiver,
    Set<String> roles,
    Set<String> lanes) {
  /** Ours. */
  public static final String SEGUE = "segue";

  /** The core itself. */
  public static final String RUST = "rust";

  /** The official binding for Java. */
  public static final String ZENOH_JAVA = "zenoh-java";

  private static final Set<String> SENDING =
      Set.of("ping", "thrpub", "pacepub", "ask", "askmany", "declare", "tokens");
  private static final Set<String> COMMON_ROLES =
      Set.of("echo", "ping", "thrsub", "thrpub", "answer", "ask", "askmany", "declare", "tokens");
  private static final Set<String> ALL_ROLES =
      Stream.concat(COMMON_ROLES.stream(), Stream.of("pacesub", "pacepub", "coldput", "coldsub"))
          .collect(Collectors.toUnmodifiableSet());

  /** The way in which a program waits for samples. */
  public enum Style {
    /** The library calls: our handler, the core's callback. */
    CALLED,
    /** The program blocks: our receive, the core's FifoChannel. */
    BLOCKING,
    /** The program polls and yields in between. */
    POLLING,
    /** The program polls in another way; nobody else does. */
    OTHER
  }

  /** One that plays all roles in all lanes. */
  public static Contender ofAll(String name, String system, Style style, List<String> launcher) {
    return new Contender(name, system, style, launcher, launcher, ALL_ROLES, Set.of("tcp", "shm"));
  }

  /** One that plays the roles without a fixed rate and a cold start. */
  public static Contender ofCommon(
      String name, String system, List<String> launcher, String... lanes) {
    return new Contender(
        name, system, Style.CALLED, launcher, launcher, COMMON_ROLES, Set.of(lanes));
  }

  /** One contender sends to another: which side is the slow one? */
  public static Contender mixed(Contender sender, Contender receiver) {
    return new Contender(
        sender.name + " → " + receiver.name,
        "mixed",
        Style.OTHER,
        sender.sender,
        receiver.receiver,
        ALL_ROLES,
        Set.of("tcp", "shm"));
  }

  /** Returns whether it is this library on both sides. */
  public boolean isOurs() {
    return system.equals(SEGUE);
  }

  /**
   * Returns whether it is the one whose figures are judged: ours, as its users receive by default.
   */
  public boolean isJudged() {
    return isOurs() && style == Style.CALLED;
  }

  /** Returns whether it can play a role in a lane. */
  public boolean can(String role, String lane) {
    return roles.contains(role) && lanes.contains(lane);
  }

  /** The core itself in the same style; none where nobody else has the style. */
  public Optional<Contender> core(List<Contender> all) {
    return style == Style.OTHER
        ? Optional.empty()
        : all.stream().filter(c -> c.system.equals(RUST) && c.style == style).findFirst();
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
  public List<String> command(String... roleAndArguments) {
    List<String> command =
        new ArrayList<>(SENDING.contains(roleAndArguments[0]) ? sender : receiver);
    command.addAll(List.of(roleAndArguments));
    return command;
  }
}
