package dev.segue.bench.store;

import dev.segue.bench.harness.Child;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A contender's process, which does works on demand. Owner: the bench, which closes it. */
final class WorkProcess implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  private final Child child;
  private int answerCount;

  private WorkProcess(Child child) {
    this.child = child;
  }

  static WorkProcess start(StoreContender contender, String endpoint, int inFlight)
      throws IOException, InterruptedException {
    Child child = Child.start(contender.name(), contender.command(endpoint, inFlight));
    try {
      child.awaitLines("ready"::equals, 1, TIMEOUT);
    } catch (IOException | InterruptedException e) {
      child.close();
      throw e;
    }
    return new WorkProcess(child);
  }

  /** Returns what it says of its version; empty if it doesn't. */
  Optional<String> version() {
    return child.lines("version ").stream().map(Child.Line::text).findFirst();
  }

  /** Does a work; empty if the contender can't. */
  Optional<Took> run(String work) throws IOException, InterruptedException {
    double before = child.cpuSeconds();
    child.send(work);
    child.awaitLines(WorkProcess::isAnswer, ++answerCount, TIMEOUT);
    List<Child.Line> answers =
        child.lines().stream().filter(line -> isAnswer(line.text())).toList();
    Child.Line line = answers.get(answerCount - 1);
    String answer = line.text();
    if (answer.startsWith("failed")) {
      throw child.failure(work + " " + answer);
    }
    return answer.startsWith("done")
        ? Optional.of(Took.of(answer, line.cpuSeconds() - before))
        : Optional.empty();
  }

  private static boolean isAnswer(String line) {
    return line.startsWith("done ") || line.equals("unsupported") || line.startsWith("failed");
  }

  @Override
  public void close() {
    child.close();
  }
}
