package dev.segue.capnproto.maven;

import dev.segue.capnproto.compiler.CompiledSchemas;
import dev.segue.capnproto.compiler.Generation;
import dev.segue.capnproto.compiler.JavaSources;
import dev.segue.capnproto.compiler.SchemaCompiler;
import dev.segue.capnproto.compiler.SchemaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Generates the classes of a directory of schemas, if something changed since the last time.
 *
 * @param schemas the directory
 * @param importPath where imports that begin with a slash are looked for
 * @param excludes globs of schemas that are left out
 * @param defaultPackage the package of files that name none
 * @param output where the packages begin
 * @param stamp the file that notes what the classes were generated from
 * @param version the generator's
 */
record SchemaGeneration(
    Path schemas,
    List<Path> importPath,
    List<String> excludes,
    String defaultPackage,
    Path output,
    Path stamp,
    String version) {

  SchemaGeneration {
    importPath = List.copyOf(importPath);
    excludes = List.copyOf(excludes);
  }

  /**
   * The outcome.
   *
   * @param isCurrent whether there was nothing to do
   * @param schemaCount how many schemas there are
   * @param notes what was left out of the classes and why
   */
  record Outcome(boolean isCurrent, int schemaCount, List<String> notes) {
    Outcome {
      notes = List.copyOf(notes);
    }
  }

  Outcome run() throws IOException, SchemaException {
    List<String> names = SchemaDirectory.names(schemas, excludes);
    Stamp last = Stamp.read(stamp);
    List<String> options = options(names);
    if (last.isCurrent(options)) {
      return new Outcome(true, names.size(), List.of());
    }
    if (names.isEmpty()) {
      replace(last, new JavaSources(List.of(), List.of()));
      Stamp.of(options, Map.of(), List.of()).write(stamp);
      return new Outcome(false, 0, List.of());
    }
    // Where the schemas have errors, the stamp stays: it fits what was generated last.
    CompiledSchemas compiled = new SchemaCompiler(importPath).compile(schemas, names);
    JavaSources sources = compiled.toJava(defaultPackage);
    List<Path> written = replace(last, sources);
    Stamp.of(options, compiled.lookedAt(), written).write(stamp);
    return new Outcome(false, names.size(), sources.notes());
  }

  /**
   * Writes the classes in place of those of the last time. A build that ends in between leaves a
   * stamp that is never current and knows the files of both, so that the next one puts all right.
   */
  private List<Path> replace(Stamp last, JavaSources sources) throws IOException {
    List<Path> outputs = sources.files().stream().map(file -> output.resolve(file.path())).toList();
    List<Path> all = new ArrayList<>(outputs);
    all.addAll(last.outputPaths());
    Stamp.unfinished(all).write(stamp);
    // Compared as text, and deleted first: a file system may take two names for one file.
    Set<String> kept = outputs.stream().map(Path::toString).collect(Collectors.toSet());
    for (Path old : last.outputPaths()) {
      if (!kept.contains(old.toString()) && old.startsWith(output)) {
        Files.deleteIfExists(old);
      }
    }
    return Generation.write(sources, output);
  }

  private List<String> options(List<String> names) {
    List<String> options = new ArrayList<>();
    options.add("segue-capnproto-maven-plugin " + version);
    options.add("package " + defaultPackage);
    options.add("output " + output);
    importPath.forEach(directory -> options.add("import path " + directory));
    names.forEach(name -> options.add("schema " + name));
    return options;
  }
}
