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
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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
   * What was done.
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
    // Left out where the schemas have errors: then the next build reports them again.
    Files.deleteIfExists(stamp);
    List<Path> written = List.of();
    List<String> notes = List.of();
    Set<Path> inputs = Set.of();
    try {
      if (!names.isEmpty()) {
        CompiledSchemas compiled = new SchemaCompiler(importPath).compile(schemas, names);
        JavaSources sources = compiled.toJava(defaultPackage);
        written = Generation.write(sources, output);
        notes = sources.notes();
        inputs = compiled.lookedAt();
      }
    } catch (SchemaException | IOException e) {
      // What was there stays known, so that a later build can still delete it.
      new Stamp(List.of(), List.of(), last.outputs()).write(stamp);
      throw e;
    }
    Set<Path> kept = new HashSet<>(written);
    for (Path old : last.outputPaths()) {
      if (!kept.contains(old) && old.startsWith(output)) {
        Files.deleteIfExists(old);
      }
    }
    Stamp.of(options, inputs, written).write(stamp);
    return new Outcome(false, names.size(), notes);
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
