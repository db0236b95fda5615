package dev.segue.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs commands once, for the list of classes that the launcher archives after a build (build.sh):
 * the classes of a store's client, read from their jars, take a second of each short command. It is
 * in the package of the command line, and in none of the jars.
 */
final class Rehearsal {
  private static final byte[] OBJECT = {1, 2, 3, 4};
  private static final String SCHEMA =
      """
      @0xb5f2c3a1d4e59001;
      using Java = import "/capnp/java.capnp";
      $Java.package("rehearsal");
      enum Kind { raw @0; scaled @1; }
      struct Reading(T) { value @0 :T; list @1 :List(Text); }
      struct Pose {
        x @0 :Float64 = 1.5;
        kind @1 :Kind;
        readings @2 :List(Reading(Data));
        union { count @3 :Int32; text @4 :Text = "none"; }
        size :group { width @5 :UInt16; height @6 :UInt16; }
      }
      const origin :Pose = (x = 0, count = 3);
      """;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private Rehearsal() {}

  /** Arguments: a directory for what is written. */
  public static void main(String[] arguments) throws IOException {
    String directory = arguments[0];
    run("demo --seconds 0.1 --width 64 --height 48 --json --png " + directory + "/rehearsal.png");
    System.setProperty("aws.accessKeyId", "rehearsal");
    System.setProperty("aws.secretAccessKey", "rehearsal");
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", Rehearsal::answer);
    server.start();
    try {
      String uri = "s3://b/k?endpoint=http://127.0.0.1:" + server.getAddress().getPort();
      Path file = Files.write(Path.of(directory, "rehearsal.bin"), OBJECT);
      run("put --json " + file + " " + uri);
      run("get --json " + uri + " " + file);
      run("--help");
      compile(directory);
      serve(directory);
    } finally {
      server.stop(0);
    }
    System.exit(0);
  }

  private static void compile(String directory) throws IOException {
    Path schema = Files.writeString(Path.of(directory, "rehearsal.capnp"), SCHEMA);
    String line = "capnp compile -o " + directory + "/rehearsal-classes --src-prefix " + directory;
    run(line + " " + schema);
  }

  /** Until it listens; the process's end ends it. */
  private static void serve(String directory) throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    String line = "serve --no-scouting --port " + port + " --identity " + directory + "/rehearsal";
    Thread.ofPlatform().daemon().start(() -> run(line));
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() - deadline < 0) {
      try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (ConnectException e) {
        LockSupport.parkNanos(20_000_000);
      }
    }
  }

  private static int run(String line) {
    String[] words = line.split(" ", -1);
    return Main.commandLine(words).execute(words);
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange;
        InputStream body = exchange.getRequestBody()) {
      body.transferTo(OutputStream.nullOutputStream());
      var headers = exchange.getResponseHeaders();
      headers.set("ETag", "\"rehearsal\"");
      headers.set("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT");
      switch (exchange.getRequestMethod()) {
        case "HEAD" -> {
          headers.set("Content-Length", Integer.toString(OBJECT.length));
          exchange.sendResponseHeaders(200, -1);
        }
        case "GET" -> {
          headers.set("Content-Range", "bytes 0-" + (OBJECT.length - 1) + "/" + OBJECT.length);
          exchange.sendResponseHeaders(206, OBJECT.length);
          exchange.getResponseBody().write(OBJECT);
        }
        default -> exchange.sendResponseHeaders(200, -1);
      }
    }
  }
}
