package dev.segue.cli.demo;

import dev.segue.cli.CommandFailedException;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A child of this process that runs another command of the same program.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}, which closes the child's standard input
 * and so ends it. Threads: any.
 */
final class ChildProcess implements AutoCloseable {
  private static final long GRACE_MILLIS = 5000;
  private static final long SILENCE_SECONDS = 30;
  private static final int INTERRUPTED = 130;
  private static final int TERMINATED = 143;
  private static final List<String> NOT_FOR_CHILDREN =
      List.of("-agentlib:", "-javaagent:", "-XX:ArchiveClassesAtExit");
  private static final Message ENDED = Message.of("ended");

  private final String name;
  private final Process process;
  private final PrintStream commands;
  private final LinkedBlockingQueue<Message> events = new LinkedBlockingQueue<>();
  private volatile boolean closed;

  private ChildProcess(String name, Process process) {
    this.name = name;
    this.process = process;
    this.commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    Thread.ofPlatform().daemon().name("segue-demo-" + name).start(this::readEvents);
  }

  /** Starts a command with this process's Java, flags and class path. */
  static ChildProcess start(String name, String command, List<String> arguments)
      throws IOException {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(flag -> NOT_FOR_CHILDREN.stream().noneMatch(flag::startsWith))
            .toList());
    line.addAll(List.of("-cp", absolute(System.getProperty("java.class.path"))));
    line.addAll(List.of("dev.segue.cli.Main", command));
    line.addAll(arguments);
    return new ChildProcess(
        name, new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  private static String absolute(String classPath) {
    List<String> entries = new ArrayList<>();
    for (String entry : classPath.split(File.pathSeparator, -1)) {
      entries.add(Path.of(entry).toAbsolutePath().toString());
    }
    return String.join(File.pathSeparator, entries);
  }

  private void readEvents() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String line;
      while ((line = lines.readLine()) != null) {
        readEvent(line);
      }
    } catch (IOException e) {
      events.add(Message.of("failed").with("message", String.valueOf(e.getMessage())));
    }
    events.add(ENDED);
  }

  /** The virtual machine and libraries may print as well: that is shown, and no event. */
  private void readEvent(String line) {
    Message event;
    try {
      event = Message.parse(line);
    } catch (IllegalArgumentException e) {
      System.err.println(line);
      return;
    }
    events.add(event);
  }

  void tell(Message command) {
    commands.println(command.line());
  }

  /**
   * Returns the next event that the child reports.
   *
   * @throws CommandFailedException if the child failed, ended, or is silent for long
   */
  Message await() throws CommandFailedException, InterruptedException {
    Message event = events.poll(SILENCE_SECONDS, TimeUnit.SECONDS);
    if (event == null) {
      throw new CommandFailedException(
          "the " + name + " process said nothing for " + SILENCE_SECONDS + " s");
    }
    return checked(event);
  }

  private Message checked(Message event) throws CommandFailedException, InterruptedException {
    if (event.name().equals("failed")) {
      throw new CommandFailedException("the " + name + " process: " + event.text("message"));
    }
    if (event.equals(ENDED)) {
      int status = process.waitFor();
      if (closed || status == INTERRUPTED || status == TERMINATED) {
        throw new InterruptedException("the " + name + " process was ended");
      }
      throw new CommandFailedException("the " + name + " process ended with status " + status);
    }
    return event;
  }

  /** {@link #await()} for an event that must be this one. */
  Message await(String event) throws CommandFailedException, InterruptedException {
    return expect(event, await());
  }

  /** The next event, which must be this one, if it is there already. */
  Optional<Message> poll(String event) throws CommandFailedException, InterruptedException {
    Message next = events.poll();
    return next == null ? Optional.empty() : Optional.of(expect(event, checked(next)));
  }

  private Message expect(String event, Message next) throws CommandFailedException {
    if (!next.name().equals(event)) {
      throw new CommandFailedException(
          "the " + name + " process said \"" + next.line() + "\", expected " + event);
    }
    return next;
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  /** Ends the child: gently, then not. Idempotent. */
  @Override
  public void close() {
    closed = true;
    commands.close();
    try {
      if (!process.waitFor(GRACE_MILLIS, TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
