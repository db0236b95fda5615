package dev.segue.objectstore;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A process that uploads an object and never finishes, to be killed. */
public final class UploadChild {
  private UploadChild() {}

  /** Starts it; with no journal if that is null. */
  public static Process start(
      String uri, String key, @Nullable Path journal, Map<String, String> environment)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Xmx256m"));
    command.addAll(List.of("-Daws.accessKeyId=test", "-Daws.secretAccessKey=testtest"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(UploadChild.class.getName(), uri, key));
    if (journal != null) {
      command.add(journal.toString());
    }
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    return builder
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .redirectOutput(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** Its bytes. */
  public static MemorySegment data(Arena arena) {
    return Data.random(arena, 30 * ObjectStoreContract.MIB + 7);
  }

  /** Writes all of the object; the last part stays behind. */
  public static void main(String[] arguments) throws Exception {
    MemorySegment data = data(Arena.global());
    ObjectStore store =
        ObjectStore.open(arguments[0], StoreSettings.of(ObjectStoreContract.SETTINGS));
    ObjectWriter writer =
        arguments.length > 2
            ? store.write(arguments[1], Path.of(arguments[2]))
            : store.write(arguments[1]);
    writer.writeOwned(Data.regions(data, ObjectStoreContract.MIB));
    Thread.sleep(Long.MAX_VALUE);
  }
}
