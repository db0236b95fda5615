package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.segue.bytes.spi.Every;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EveryTest {
  @Test
  void allAreTriedAndTheFirstFailureHasTheOthers() {
    List<Integer> tried = new ArrayList<>();
    IllegalStateException failure =
        assertThrows(
            IllegalStateException.class,
            () ->
                Every.forEach(
                    List.of(1, 2, 3, 4),
                    number -> {
                      tried.add(number);
                      if (number % 2 == 1) {
                        throw new IllegalStateException("no " + number);
                      }
                      if (number == 4) {
                        throw new AssertionError("no 4");
                      }
                    }));
    assertEquals(List.of(1, 2, 3, 4), tried);
    assertEquals("no 1", failure.getMessage());
    assertEquals("no 3", failure.getSuppressed()[0].getMessage());
    assertEquals("no 4", failure.getSuppressed()[1].getMessage());
  }

  @Test
  void aFailureThatComesTwiceDoesNotSuppressItself() {
    AssertionError same = new AssertionError("same");
    assertSame(
        same,
        assertThrows(
            AssertionError.class,
            () ->
                Every.forEach(
                    List.of(1, 2),
                    _ -> {
                      throw same;
                    })));
    assertArrayEquals(new Throwable[0], same.getSuppressed());
  }

  @Test
  void nothingIsThrownWhenNothingFails() {
    Every.forEach(List.of(1, 2), _ -> {});
    Every.rethrow(null);
  }
}
