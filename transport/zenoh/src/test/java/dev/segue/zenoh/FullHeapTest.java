package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FullHeapTest {
  @Test
  void aHeapThatWasFullHasCostNoMemoryOfAPoolNoEndOfALeaseAndNoHandler() throws Exception {
    List<String> options = List.of("-XX:+UseSerialGC", "-Xmx24m");
    try (ChildJvm child = ChildJvm.start(options, ChildJvm.classPath(), Map.of(), "full")) {
      assertEquals(Integer.toString(1 << 20), child.line("shm available="));
      assertEquals("true", child.line("released"));
      assertEquals(Integer.toString(1 << 20), child.line("pool available="));
      assertEquals("true", child.line("handled"));
      assertEquals(0, child.exitCode());
    }
  }
}
