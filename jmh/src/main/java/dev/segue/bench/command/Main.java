package dev.segue.bench.command;

import dev.segue.bench.harness.MachineLoad;
import dev.segue.bench.report.Chart;
import dev.segue.bench.report.Figure;
import dev.segue.bench.report.MachineFacts;
import dev.segue.bench.report.Readme;
import dev.segue.bench.report.Report;
import dev.segue.bench.report.Section;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code ./segue bench}: runs benches and writes {@code target/bench/report.md} and {@code
 * report.json}.
 *
 * <p>A figure that is missed is a result; a bench that can't run is an error.
 */
public final class Main {
  private static final int FAILED = 1;
  private static final int MISUSED = 2;
  private static final int NOT_QUIET = 3;

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
    List<Bench> benches = chosen(arguments);
    if (arguments.flags().isList()) {
      Benches.all()
          .forEach(
              bench ->
                  System.out.printf(
                      Locale.ROOT,
                      "%-21s %s%s%n",
                      bench.name(),
                      bench.claim(),
                      bench.isPrimary() ? " (quick)" : ""));
      return 0;
    }
    Path root = root();
    if (arguments.flags().isReadme()) {
      writeReadme(root);
      return 0;
    }
    Context context = new Context(arguments, root);
    // What is measured was built just now; peers that are built first may take their time.
    String commit = Checkout.commit(root);
    if (arguments.flags().isPublished() && !Checkout.isCommitted(commit)) {
      System.err.println(
          "segue bench: --publish names the commit that was measured, and this is none: " + commit);
      return MISUSED;
    }
    try {
      // Peers are built before the machine is asked to be quiet.
      if (benches.stream().anyMatch(Benches::isBetweenProcesses)) {
        context.contenders();
      }
      Optional<String> unquiet = MachineLoad.unquiet();
      if (unquiet.isPresent()) {
        System.err.println("segue bench: " + unquiet.get());
        if (!arguments.flags().isForced()) {
          return NOT_QUIET;
        }
      }
      return run(arguments, benches, context, commit, unquiet);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return FAILED;
    }
  }

  private static int run(
      Arguments arguments,
      List<Bench> benches,
      Context context,
      String commit,
      Optional<String> unquiet)
      throws IOException, InterruptedException {
    String built = Checkout.built();
    Report.Run measured =
        new Report.Run(
            commit,
            LocalDate.now(ZoneOffset.UTC).toString(),
            arguments.scaleName(),
            MachineFacts.machine());
    Optional<MachineLoad> before = MachineLoad.now();
    List<Section> sections = new ArrayList<>();
    List<String> failures = new ArrayList<>();
    for (Bench bench : benches) {
      sections.add(section(bench, context, failures));
    }
    List<String> facts = new ArrayList<>(MachineFacts.of().facts());
    facts.add(
        arguments.scale().forks()
            + " forks of each JMH method; between processes each section says how many rounds (forks)"
            + " it has; intervals of 95 % over forks");
    Optional<MachineLoad> after = MachineLoad.now();
    before.ifPresent(b -> after.ifPresent(now -> facts.add(now.since(b))));
    unquiet.ifPresent(why -> facts.add("FORCED: " + why));
    facts.addAll(context.versions());
    facts.addAll(context.skipped());
    failures.forEach(failure -> facts.add("FAILED " + failure.lines().findFirst().orElse("")));
    List<String> obstacles = new ArrayList<>(failures);
    obstacles.addAll(context.skipped());
    sections.forEach(each -> obstacles.addAll(each.missing()));
    before.flatMap(b -> after.flatMap(now -> now.unquietSince(b))).ifPresent(obstacles::add);
    if (!built.equals(Checkout.built())) {
      String rebuilt = "the programs were built again while they were measured";
      facts.add("FAILED: " + rebuilt);
      obstacles.add(rebuilt);
    }
    Report report =
        new Report(
            "Segue benchmarks", measured, facts, sections.stream().map(Section::data).toList());
    List<Chart> charts = sections.stream().flatMap(each -> each.charts().stream()).toList();
    System.out.println(report.writeTo(context.output(), charts));
    if (!arguments.flags().isPublished()) {
      return failures.isEmpty() ? 0 : FAILED;
    }
    if (obstacles.isEmpty()) {
      Path published = context.root().resolve(Readme.REPORT);
      report.writeTo(Optional.ofNullable(published.getParent()).orElseThrow(), charts);
      writeReadme(context.root());
      return 0;
    }
    System.err.println(
        "segue bench: not published, as it is not whole:\n  " + String.join("\n  ", obstacles));
    return FAILED;
  }

  private static Section section(Bench bench, Context context, List<String> failures)
      throws InterruptedException {
    context.log(bench.name() + ": " + bench.claim());
    Section section = new Section(bench.name(), bench.claim());
    Optional<MachineLoad> before = MachineLoad.now();
    try {
      bench.work().run(context, section);
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      failures.add(bench.name() + ": " + message(e));
      section.remark("FAILED: " + message(e));
      context.log("FAILED " + bench.name() + ": " + message(e));
    }
    section.failures().forEach(failure -> failures.add(bench.name() + ": " + failure));
    before.ifPresent(
        b ->
            MachineLoad.now().ifPresent(now -> section.remark("Meanwhile: " + now.since(b) + ".")));
    section.figures().forEach(figure -> context.log("  " + line(figure)));
    return section;
  }

  private static void writeReadme(Path root) throws IOException {
    Path readme = root.resolve("README.md");
    String table = Readme.table(Readme.committed(root));
    Files.writeString(readme, Readme.withTable(Files.readString(readme), table));
    System.out.println(readme);
  }

  private static String line(Figure figure) {
    return figure.verdict()
        + " "
        + figure.what()
        + ": "
        + figure.reached()
        + (figure.versus().isEmpty() ? "" : ", " + figure.versus())
        + (figure.verdict() == Figure.Verdict.INFO ? "" : " (" + figure.target() + ")");
  }

  private static String message(Exception e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private static List<Bench> chosen(Arguments arguments) {
    List<Bench> all = Benches.all();
    List<String> names = arguments.names();
    for (String name : names) {
      if (all.stream().noneMatch(bench -> bench.name().equals(name))) {
        throw new IllegalArgumentException("no bench of that name: " + name + " (try --list)");
      }
    }
    boolean isQuick = arguments.scaleName().equals("quick");
    return all.stream()
        .filter(b -> names.isEmpty() ? b.isPrimary() || !isQuick : names.contains(b.name()))
        .toList();
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
