package dev.segue.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The facts about a machine that a reader needs to compare figures; no paths, no host names.
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

  private static Optional<String> procLine(String file, String key) {
    try (var lines = Files.lines(Path.of(file))) {
      return lines
          .filter(line -> line.startsWith(key))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
