package dev.segue.capnproto.compiler;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** The C++ compiler {@code capnp}, which says what is right. */
final class Oracle {
  private Oracle() {}

  /** Skips the test where the compiler isn't installed; fails instead where CI is set. */
  static void assumeInstalled() {
    boolean installed = isInstalled();
    if (!installed && System.getenv("CI") != null) {
      throw new AssertionError("capnp isn't installed: install capnproto");
    }
    Assumptions.assumeTrue(installed, "capnp isn't installed: nothing to compare with");
  }

  private static boolean isInstalled() {
    try {
      return run(new byte[0], List.of("capnp", "--version")).status == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** How a process ended, and what it wrote. */
  static final class Result {
    private final int status;
    private final byte[] output;
    private final String errors;

    Result(int status, byte[] output, String errors) {
      this.status = status;
      this.output = output;
      this.errors = errors;
    }

    int status() {
      return status;
    }

    byte[] output() {
      return output;
    }

    String errors() {
      return errors;
    }
  }

  static Result run(byte[] input, List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).start();
    CompletableFuture<byte[]> errors =
        CompletableFuture.supplyAsync(() -> readAll(process.getErrorStream()), Oracle::start);
    CompletableFuture<Void> writing =
        CompletableFuture.runAsync(
            () -> {
              try (OutputStream out = process.getOutputStream()) {
                out.write(input);
              } catch (IOException e) {
                // It ended without reading: its status says whether that matters.
              }
            },
            Oracle::start);
    byte[] output = readAll(process.getInputStream());
    writing.join();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("no end: " + command);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
    return new Result(
        process.exitValue(), output, new String(errors.join(), StandardCharsets.UTF_8));
  }

  /** Runs it on a thread of its own: a pool could have too few of them for all that must move. */
  private static void start(Runnable task) {
    Thread thread = new Thread(task, "capnp");
    thread.setDaemon(true);
    thread.start();
  }

  private static byte[] readAll(InputStream in) {
    try (in) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      in.transferTo(out);
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns what {@code capnp compile -o-} writes or says; imports are looked for as we do. */
  static Result compile(Path root, List<String> names) throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("capnp", "compile", "-o-", "-I", builtins().toString()));
    command.add("--src-prefix=" + root);
    names.forEach(name -> command.add(root.resolve(name).toString()));
    return run(new byte[0], command);
  }

  /** A directory with the files that our compiler knows by itself. */
  static Path builtins() {
    return Path.of("src", "main", "resources", "dev", "segue", "capnproto", "compiler")
        .toAbsolutePath();
  }

  static Path write(Path directory, String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }
}
