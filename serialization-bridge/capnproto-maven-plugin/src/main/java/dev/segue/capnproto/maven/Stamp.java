package dev.segue.capnproto.maven;

import dev.segue.capnproto.compiler.CompiledSchemas;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The inputs that classes were generated from: options, the content of each file that was looked
 * at, and the content of the classes themselves, so that one that was edited or deleted is
 * generated again.
 *
 * @param lines the options and the names of the schemas
 * @param inputs a hash and a path for each file
 * @param outputs a hash and a path for each class
 */
record Stamp(List<String> lines, List<String> inputs, List<String> outputs) {
  private static final String INPUT = "in ";
  private static final String OUTPUT = "out ";

  Stamp {
    lines = List.copyOf(lines);
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /**
   * Notes what was generated.
   *
   * @param inputs what {@link CompiledSchemas#lookedAt} returns: what the compiler read, since a
   *     file may have changed after that
   * @param outputs the classes, noted as they are now
   */
  static Stamp of(List<String> lines, Map<Path, String> inputs, Collection<Path> outputs)
      throws IOException {
    List<String> read = new ArrayList<>();
    inputs.forEach((file, hash) -> read.add(hash + " " + file));
    return new Stamp(lines, read, hashes(outputs));
  }

  /** Notes files that may be written or deleted; it is never current. */
  static Stamp unfinished(Collection<Path> outputs) {
    return new Stamp(
        List.of(),
        List.of(),
        outputs.stream()
            .map(Path::toString)
            .distinct()
            .map(file -> CompiledSchemas.NO_FILE + " " + file)
            .toList());
  }

  private static List<String> hashes(Collection<Path> files) throws IOException {
    List<String> hashes = new ArrayList<>();
    for (Path file : files) {
      hashes.add(hash(file) + " " + file);
    }
    return hashes;
  }

  private static String hash(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return CompiledSchemas.NO_FILE;
    }
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Returns the stamp of a file; an empty one, which nothing equals, if there is none. */
  static Stamp read(Path file) throws IOException {
    List<String> lines = new ArrayList<>();
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    if (Files.isRegularFile(file)) {
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        if (line.startsWith(INPUT)) {
          inputs.add(line.substring(INPUT.length()));
        } else if (line.startsWith(OUTPUT)) {
          outputs.add(line.substring(OUTPUT.length()));
        } else {
          lines.add(line);
        }
      }
    }
    return new Stamp(lines, inputs, outputs);
  }

  /** Writes it whole or not at all, whenever the process ends. */
  void write(Path file) throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    List<String> text = new ArrayList<>(lines);
    inputs.forEach(line -> text.add(INPUT + line));
    outputs.forEach(line -> text.add(OUTPUT + line));
    Path next = file.resolveSibling(file.getFileName() + ".next");
    Files.write(next, text, StandardCharsets.UTF_8);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Returns whether options and all files are still what they were. */
  boolean isCurrent(List<String> now) throws IOException {
    return lines.equals(now)
        && hashes(paths(inputs)).equals(inputs)
        && hashes(paths(outputs)).equals(outputs);
  }

  /** Returns the classes' files. */
  List<Path> outputPaths() {
    return paths(outputs);
  }

  private static List<Path> paths(List<String> hashed) {
    return hashed.stream().map(line -> Path.of(line.substring(line.indexOf(' ') + 1))).toList();
  }
}
