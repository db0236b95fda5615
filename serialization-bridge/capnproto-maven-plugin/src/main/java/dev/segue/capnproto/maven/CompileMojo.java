package dev.segue.capnproto.maven;

import dev.segue.capnproto.compiler.SchemaException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.maven.plugin.AbstractMojo;
import org.apache.maven.plugin.MojoExecution;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.apache.maven.project.MavenProject;
import org.jspecify.annotations.Nullable;

/** Generates the Java classes of Cap'n Proto schemas and adds them to the project's sources. */
@Mojo(name = "compile", defaultPhase = LifecyclePhase.GENERATE_SOURCES, threadSafe = true)
public final class CompileMojo extends AbstractMojo {
  @Parameter(defaultValue = "${project}", readonly = true, required = true)
  private MavenProject project = new MavenProject();

  @Parameter(defaultValue = "${mojoExecution}", readonly = true)
  private @Nullable MojoExecution execution;

  /** Folder of the schemas: each file below it whose name ends in {@code .capnp} is compiled. */
  @Parameter(defaultValue = "${project.basedir}/src/main/capnp", required = true)
  private File schemaDirectory = new File("");

  /** Root folder of the generated classes' packages. */
  @Parameter(defaultValue = "${project.build.directory}/generated-sources/capnp", required = true)
  private File outputDirectory = new File("");

  /** File where the goal notes what the classes were generated from. */
  @Parameter(defaultValue = "${project.build.directory}/segue-capnproto", required = true)
  private File stateDirectory = new File("");

  /**
   * Further directories in which imports that begin with a slash are looked for, after the
   * directory of the schemas.
   */
  @Parameter private List<File> importPath = new ArrayList<>();

  /**
   * Globs of schemas that aren't compiled, from the directory of the schemas; they can be imported.
   * Default: {@code capnp/**}, the schemas that come with Cap'n Proto.
   */
  @Parameter private List<String> excludes = new ArrayList<>(List.of("capnp/**"));

  /** The package of files that have neither {@code $Java.package} nor a directory. */
  @Parameter(property = "segue.capnproto.package")
  private @Nullable String defaultPackage;

  /** Does nothing. */
  @Parameter(property = "segue.capnproto.skip", defaultValue = "false")
  private boolean skip;

  /** Made by Maven. */
  public CompileMojo() {}

  @Override
  public void execute() throws MojoExecutionException, MojoFailureException {
    if (skip) {
      return;
    }
    Path schemas = schemaDirectory.toPath();
    List<Path> path = new ArrayList<>(List.of(schemas));
    importPath.forEach(directory -> path.add(directory.toPath()));
    String name = outputDirectory.toPath().getFileName() + "-" + id() + ".stamp";
    SchemaGeneration generation =
        new SchemaGeneration(
            schemas,
            path,
            excludes,
            defaultPackage == null ? "" : defaultPackage,
            outputDirectory.toPath(),
            stateDirectory.toPath().resolve(name),
            version());
    try {
      SchemaGeneration.Outcome outcome = generation.run();
      getLog()
          .info(
              outcome.schemaCount()
                  + (outcome.schemaCount() == 1 ? " schema" : " schemas")
                  + (outcome.isCurrent() ? ", up to date" : " compiled to " + outputDirectory));
      outcome.notes().forEach(getLog()::warn);
      if (outcome.schemaCount() > 0) {
        project.addCompileSourceRoot(outputDirectory.getPath());
      }
    } catch (SchemaException e) {
      throw SchemaErrors.report(e, path, getLog());
    } catch (IOException e) {
      throw new MojoExecutionException(
          "generation of classes below " + outputDirectory + ": " + e, e);
    }
  }

  private String id() {
    return execution == null ? "default" : String.valueOf(execution.getExecutionId());
  }

  private String version() {
    return execution == null ? "" : String.valueOf(execution.getVersion());
  }
}
