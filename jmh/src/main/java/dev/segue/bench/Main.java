package dev.segue.bench;

import dev.segue.bench.report.Figure;
import dev.segue.bench.report.MachineFacts;
import dev.segue.bench.report.Report;
import dev.segue.bench.report.Section;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * {@code ./segue bench}: runs benches and writes {@code target/bench/report.md}.
 *
 * <p>A figure that is missed is a result; a bench that can't run is an error.
 */
public final class Main {
  private static final int FAILED = 1;
  private static final int MISUSED = 2;

  private Main() {}

  /** The command; its options are in the usage that {@code --help} prints. */
  public static void main(String[] args) throws Exception {
    if (List.of(args).contains("--help")) {
      System.out.print(Arguments.USAGE);
      return;
    }
    try {
      System.exit(run(Arguments.of(args)));
    } catch (IllegalArgumentException e) {
      System.err.println("segue bench: " + e.getMessage());
      System.err.print(Arguments.USAGE);
      System.exit(MISUSED);
    }
  }

  private static int run(Arguments arguments) throws IOException {
    List<Bench> benches = chosen(arguments.names());
    if (arguments.isList()) {
      benches.forEach(
          bench -> System.out.printf(Locale.ROOT, "%-14s %s%n", bench.name(), bench.claim()));
      return 0;
    }
    Path root = root();
    Context context = new Context(arguments, root);
    List<Section> sections = new ArrayList<>();
    List<String> failures = new ArrayList<>();
    for (Bench bench : benches) {
      context.log(bench.name() + ": " + bench.claim());
      Section section = new Section(bench.name(), bench.claim());
      try {
        bench.work().run(context, section);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return FAILED;
      } catch (Exception e) {
        failures.add(bench.name() + ": " + message(e));
        section.remark("FAILED: " + message(e));
        context.log("FAILED " + bench.name() + ": " + message(e));
      }
      sections.add(section);
      section.figures().forEach(figure -> context.log("  " + line(figure)));
    }
    List<String> facts = new ArrayList<>(MachineFacts.of(root).facts());
    facts.add(
        "a "
            + arguments.scaleName()
            + " run of "
            + LocalDate.now(ZoneOffset.UTC)
            + ", "
            + arguments.scale().rounds()
            + " rounds between processes");
    facts.addAll(context.skipped());
    failures.forEach(failure -> facts.add("FAILED " + failure.lines().findFirst().orElse("")));
    Report report = new Report("Segue benchmarks", facts, sections);
    System.out.println(report.writeTo(root.resolve("target/bench")));
    return failures.isEmpty() ? 0 : FAILED;
  }

  private static String line(Figure figure) {
    return figure.verdict()
        + " "
        + figure.what()
        + ": "
        + figure.reached()
        + (figure.ratio().isEmpty() ? "" : ", " + figure.ratio())
        + (figure.verdict() == Figure.Verdict.INFO ? "" : " (" + figure.target() + ")");
  }

  private static String message(Exception e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private static List<Bench> chosen(List<String> names) {
    List<Bench> all = Benches.all();
    for (String name : names) {
      if (all.stream().noneMatch(bench -> bench.name().equals(name))) {
        throw new IllegalArgumentException("no bench of that name: " + name + " (try --list)");
      }
    }
    return all.stream().filter(b -> names.isEmpty() || names.contains(b.name())).toList();
  }

  /** The checkout whose build this class comes from: {@code jmh/target/…jar} lies in it. */
  private static Path root() {
    try {
      Path built = Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return built.resolve("../../..").normalize();
    } catch (URISyntaxException e) {
      throw new UncheckedIOException(new IOException("where the benches were built", e));
    }
  }
}
