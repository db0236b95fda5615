package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the core's log goes. */
class LogTest {
  @TempDir private Path folder;

  @Test
  void theStandardOutputIsTheProgramsAlone() throws Exception {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                ChildJvm.classPath(),
                ChildMain.class.getName(),
                "exit")
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().put("RUST_LOG", "debug");
    assertEquals(7, builder.start().waitFor());
    assertEquals(List.of("leaving 1000"), Files.readAllLines(out));
    assertTrue(Files.readString(err).contains("DEBUG"));
  }
}
