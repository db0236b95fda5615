package dev.segue.capnproto.dynamic;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** The C++ command {@code capnp}, which says what is right. */
final class CapnpTool {
  private CapnpTool() {}

  /** Skips the test where the command isn't installed; fails instead where CI is set. */
  static void assumeInstalled() {
    boolean isInstalled;
    try {
      isInstalled = run(new byte[0], List.of("capnp", "--version")).length > 0;
    } catch (IOException e) {
      isInstalled = false;
    }
    if (!isInstalled && System.getenv("CI") != null) {
      throw new AssertionError("capnp isn't installed: install capnproto");
    }
    Assumptions.assumeTrue(isInstalled, "capnp isn't installed: nothing to compare with");
  }

  /** Converts a stream of messages; {@code formats} is {@code binary:json} and the like. */
  static byte[] convert(
      byte[] messages, String formats, Path schema, String type, String... options)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("capnp", "convert", "--quiet"));
    command.addAll(List.of(options));
    command.addAll(List.of(formats, schema.toString(), type));
    return run(messages, command);
  }

  private static byte[] run(byte[] input, List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).start();
    CompletableFuture<byte[]> errors = read(process.getErrorStream());
    CompletableFuture<byte[]> output = read(process.getInputStream());
    try (OutputStream out = process.getOutputStream()) {
      out.write(input);
    } catch (IOException _) {
      // It ended without reading: its status says whether that matters.
    }
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("no end: " + command);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
    if (process.exitValue() != 0) {
      throw new IOException(command + ": " + new String(errors.join(), StandardCharsets.UTF_8));
    }
    return output.join();
  }

  private static CompletableFuture<byte[]> read(InputStream in) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (in) {
            return in.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        task -> Thread.ofVirtual().start(task));
  }
}
