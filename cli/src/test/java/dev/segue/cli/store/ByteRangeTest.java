package dev.segue.cli.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.cli.CommandFailedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ByteRangeTest {
  private static final ObjectUri OBJECT = ObjectUri.parse("s3://b/k");

  @ParameterizedTest
  @CsvSource({
    "0-0,0,1",
    "0-99,0,100",
    "5-9,5,5",
    "99-1000,99,1",
    "7-,7,93",
    "-10,90,10",
    "-1000,0,100"
  })
  void aRangeIsCountedAsHttpCountsIt(String text, long byteOffset, long byteSize) throws Exception {
    assertEquals(new ByteRange.Span(byteOffset, byteSize), ByteRange.parse(text).of(OBJECT, 100));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-", "5", "9-5", "-0", "a-b", "1--2", "1-2-3"})
  void whatIsNoRangeIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> ByteRange.parse(text));
  }

  @Test
  void aRangeBehindTheEndTellsTheNumbers() {
    CommandFailedException failure =
        assertThrows(CommandFailedException.class, () -> ByteRange.parse("100-").of(OBJECT, 100));
    assertTrue(String.valueOf(failure.getMessage()).contains("byteSize=100"), failure::toString);
  }

  @Test
  void allOfAnEmptyObjectIsNothing() throws Exception {
    assertEquals(new ByteRange.Span(0, 0), ByteRange.ALL.of(OBJECT, 0));
  }
}
