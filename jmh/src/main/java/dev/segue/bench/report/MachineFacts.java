package dev.segue.bench.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What a reader must know of the machine to compare figures; no paths, no host names.
 *
 * @param facts lines of text
 */
public record MachineFacts(List<String> facts) {
  /** Processor, cores and memory. */
  public static String machine() {
    return Runtime.getRuntime().availableProcessors()
        + " cores"
        + processor()
        + ", "
        + Units.bytes(memory())
        + " of memory";
  }

  /** Those of this machine. */
  public static MachineFacts of() {
    List<String> facts = new ArrayList<>();
    facts.add(
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + ", "
            + System.getProperty("os.arch"));
    facts.add(
        "JDK "
            + Runtime.version()
            + " ("
            + System.getProperty("java.vm.name")
            + ", "
            + System.getProperty("java.vendor")
            + ")");
    return new MachineFacts(List.copyOf(facts));
  }

  private static String processor() {
    return procLine("/proc/cpuinfo", "model name").map(name -> ", " + name).orElse("");
  }

  private static double memory() {
    return procLine("/proc/meminfo", "MemTotal")
        .map(text -> Double.parseDouble(text.replace("kB", "").strip()) * 1024)
        .orElse(0.0);
  }

  private static java.util.Optional<String> procLine(String file, String key) {
    try (var lines = Files.lines(Path.of(file))) {
      return lines
          .filter(line -> line.startsWith(key))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException e) {
      return java.util.Optional.empty();
    }
  }

  /** The commit of the sources in {@code root}, and whether they have changed since. */
  public static String commit(Path root) {
    String id = git(root, "rev-parse", "--short=12", "HEAD");
    if (id.isEmpty()) {
      return "unknown";
    }
    return git(root, "status", "--porcelain", "-uno").isEmpty() ? id : id + " with changes";
  }

  private static String git(Path root, String... arguments) {
    List<String> command = new ArrayList<>(List.of("git"));
    command.addAll(List.of(arguments));
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(root.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      // Its few lines fit into the pipe.
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return "";
      }
      String out =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return process.exitValue() == 0 ? out : "";
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}
