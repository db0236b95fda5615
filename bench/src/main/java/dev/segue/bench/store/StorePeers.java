package dev.segue.bench.store;

import dev.segue.bench.harness.Contender;
import dev.segue.bench.harness.PeerCache;
import dev.segue.bench.peers.SegueStorePeer;
import dev.segue.bench.store.StoreContender.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** This library, the limit, and the peers that can be had. */
public final class StorePeers {
  private static final String[] PYTHON_PACKAGES = {"s3dlio==0.10.0", "boto3", "awscrt", "numpy"};
  // All JVMs alike; what a client leaves on the heap shows as collections, not as memory.
  private static final String HEAP = "-Xmx512m";

  private final Path root;
  private final List<String> wanted;
  private final Consumer<String> log;

  /**
   * Peers of the checkout at {@code root}.
   *
   * @param wanted of {@code python} and {@code java}
   * @param log gets a line for each that can't be had
   */
  public StorePeers(Path root, List<String> wanted, Consumer<String> log) {
    this.root = root;
    this.wanted = wanted;
    this.log = log;
  }

  private Path sources() {
    return root.resolve("bench/peers/store");
  }

  /** The server that costs next to nothing; empty where there is no C compiler. */
  Optional<Path> nullServer() throws InterruptedException {
    return PeerCache.cProgram(sources().resolve("null_server.c"), log);
  }

  static StoreContender segue(String... flags) {
    List<String> all = new ArrayList<>(List.of(flags));
    all.add(HEAP);
    return new StoreContender(
        "segue",
        Kind.OURS,
        true,
        Contender.javaCommand(SegueStorePeer.class, all.toArray(String[]::new)));
  }

  /** All of them. */
  List<StoreContender> all() throws InterruptedException {
    List<StoreContender> all = new ArrayList<>();
    all.add(segue());
    all.add(segue("-Dsegue.part=").as("segue, its own parts", Kind.VARIANT));
    if (!wanted.isEmpty()) {
      PeerCache.cProgram(sources().resolve("raw_client.c"), log)
          .ifPresent(
              raw ->
                  all.add(new StoreContender("raw", Kind.LIMIT, false, List.of(raw.toString()))));
    }
    if (wanted.contains("python")) {
      Optional<Path> python = PeerCache.python("s3dlio, boto3, awscrt", log, PYTHON_PACKAGES);
      for (String name : List.of("s3dlio-into", "s3dlio", "boto3", "awscrt")) {
        python.ifPresent(
            program ->
                all.add(
                    new StoreContender(
                        name,
                        Kind.PEER,
                        false,
                        List.of(
                            program.toString(),
                            sources().resolve("store_python.py").toString(),
                            name))));
      }
    }
    all.addAll(wantedJava());
    return List.copyOf(all);
  }

  /** The SDK's own clients, if they are in the run. */
  List<StoreContender> wantedJava() {
    return wanted.contains("java") ? java() : List.of();
  }

  private List<StoreContender> java() {
    Path target = root.resolve("bench/peers/aws-sdk/target");
    List<StoreContender> all = new ArrayList<>();
    try {
      // A class path of its own: the SDK's Netty is not the one that Segue has.
      String classPath =
          target.resolve("classes") + ":" + Files.readString(target.resolve("classpath"));
      for (String kind : List.of("netty", "crt", "tm")) {
        all.add(
            new StoreContender(
                "sdk-" + kind,
                Kind.PEER,
                true,
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    HEAP,
                    "-cp",
                    classPath.strip(),
                    "dev.segue.bench.peer.AwsSdkPeer",
                    kind)));
      }
    } catch (IOException e) {
      log.accept("skipping the SDK's clients: they are not built: " + e.getMessage());
    }
    return all;
  }
}
