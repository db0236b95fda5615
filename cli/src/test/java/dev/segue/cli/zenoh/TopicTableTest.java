package dev.segue.cli.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TopicTableTest {
  @Test
  void samplesAreCountedByTheirKeys() {
    TopicTable table = new TopicTable();
    table.add("b", 3, "zenoh/bytes");
    table.add("a", 4, "zenoh/bytes");
    table.add("b", 5, "text/plain");
    assertEquals("[a, b]", table.topics().keySet().toString());
    TopicTable.Topic topic = table.topics().getOrDefault("b", new TopicTable.Topic());
    assertEquals(2, topic.count());
    assertEquals(8, topic.byteSize());
    assertEquals("text/plain", topic.encoding());
    assertEquals(0, table.leftOut());
  }

  @Test
  void longKeysThatAPeerMakesUpDoNotFillTheMemory() {
    TopicTable table = new TopicTable();
    String longest = "k".repeat(65_000);
    for (int i = 0; i < 1000; i++) {
      table.add(longest + i, 1, "");
      table.add("known", 1, "");
    }
    int kept = table.topics().size() - 1;
    assertTrue(kept * 65_000L <= 32 << 20 && kept * 65_000L > 31 << 20, "kept=" + kept);
    assertEquals(1000 - kept, table.leftOut());
    assertEquals(1000, table.topics().getOrDefault("known", new TopicTable.Topic()).count());
  }
}
