package dev.segue.objectstore.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.objectstore.ObjectMetadata;
import dev.segue.objectstore.WriteOptions;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The words that tell writes apart. */
class WriteConditionsTest {
  private static final WriteOptions PLAIN = WriteOptions.NONE;

  @Test
  void aMarkIsOfTheOptionsThatItWasMadeWith() {
    ObjectMetadata html = ObjectMetadata.NONE.contentType("text/html");
    List<WriteOptions> all =
        List.of(
            PLAIN,
            PLAIN.metadata(html),
            PLAIN.metadata(ObjectMetadata.NONE.user(Map.of("a", "b"))),
            PLAIN.tags(Map.of("a", "b")),
            PLAIN.storageClass("STANDARD_IA"),
            PLAIN.encryption("aws:kms", ""),
            PLAIN.encryption("aws:kms", "key"));
    for (WriteOptions each : all) {
      String mark = WriteConditions.newMark(each);
      assertEquals(8, UUID.fromString(mark).version());
      assertNotEquals(mark, WriteConditions.newMark(each));
      for (WriteOptions other : all) {
        assertEquals(each.equals(other), WriteConditions.isOf(mark, other), each + " " + other);
        assertEquals(each.equals(other), WriteConditions.isOf(mark, other.ifAbsent()));
      }
    }
  }

  /** Earlier versions made them of random bits, and told nothing of the options. */
  @Test
  void anEarlierMarkIsOfAnyOptions() {
    for (int i = 0; i < 100; i++) {
      assertTrue(WriteConditions.isOf(UUID.randomUUID().toString(), PLAIN.storageClass("GLACIER")));
    }
    assertTrue(WriteConditions.isOf("", PLAIN));
  }

  @Test
  void aWriteIsOnTheConditionThatItsOptionsName() {
    assertFalse(WriteConditions.isOn(PLAIN));
    assertTrue(WriteConditions.isOn(PLAIN.ifAbsent()));
    assertTrue(WriteConditions.isOn(PLAIN.ifMatch("e")));
  }
}
