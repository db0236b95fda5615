package dev.segue.capnproto.maven;

import dev.segue.capnproto.compiler.CompiledSchemas;
import dev.segue.capnproto.compiler.SchemaCompiler;
import dev.segue.capnproto.compiler.SchemaException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.maven.plugin.AbstractMojo;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Fails a build whose schemas can't read messages of an earlier version, or whose messages that
 * version can't read.
 */
@Mojo(name = "check", defaultPhase = LifecyclePhase.PROCESS_SOURCES, threadSafe = true)
public final class CheckMojo extends AbstractMojo {
  /** The schemas of the earlier version: a directory as it was then. */
  @Parameter(property = "segue.capnproto.earlier", required = true)
  private File earlierDirectory = new File("");

  /** Folder of the schemas. */
  @Parameter(defaultValue = "${project.basedir}/src/main/capnp", required = true)
  private File schemaDirectory = new File("");

  /** Further directories in which imports that begin with a slash are looked for. */
  @Parameter private List<File> importPath = new ArrayList<>();

  /** Globs of schemas that aren't compared. Default: those that come with Cap'n Proto. */
  @Parameter private List<String> excludes = new ArrayList<>(List.of("capnp/**"));

  /** Does nothing. */
  @Parameter(property = "segue.capnproto.skip", defaultValue = "false")
  private boolean skip;

  /** Made by Maven. */
  public CheckMojo() {}

  @Override
  public void execute() throws MojoExecutionException, MojoFailureException {
    if (skip) {
      return;
    }
    Path earlier = earlierDirectory.toPath();
    if (!Files.isDirectory(earlier)) {
      throw new MojoFailureException("earlierDirectory isn't a directory: " + earlier);
    }
    List<String> changes =
        compile(schemaDirectory.toPath()).incompatibilitiesWith(compile(earlier));
    if (!changes.isEmpty()) {
      changes.forEach(getLog()::error);
      throw new MojoFailureException(
          "schemas of "
              + schemaDirectory
              + " are incompatible with those of "
              + earlier
              + ": changes="
              + changes.size()
              + System.lineSeparator()
              + String.join(System.lineSeparator(), changes));
    }
  }

  private CompiledSchemas compile(Path directory)
      throws MojoExecutionException, MojoFailureException {
    List<Path> path = new ArrayList<>(List.of(directory));
    importPath.forEach(further -> path.add(further.toPath()));
    try {
      List<String> names = SchemaDirectory.names(directory, excludes);
      return new SchemaCompiler(path).compile(directory, names);
    } catch (SchemaException e) {
      throw SchemaErrors.report(e, path, getLog());
    } catch (IOException e) {
      throw new MojoExecutionException("search for schemas below " + directory + ": " + e, e);
    }
  }
}
