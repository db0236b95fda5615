package dev.segue.bench.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RoundsTest {
  @Test
  void ofAnyTwoContendersEachGoesFirstInHalfOfTheRounds() {
    for (int count = 2; count <= 10; count++) {
      List<Integer> all = IntStream.range(0, count).boxed().toList();
      for (int one = 0; one < count; one++) {
        for (int other = one + 1; other < count; other++) {
          int first = 0;
          for (int round = 0; round < 4; round++) {
            List<Integer> order = Rounds.shuffled(all, round);
            first += order.indexOf(one) < order.indexOf(other) ? 1 : 0;
          }
          assertEquals(2, first, "contenders " + one + " and " + other + " of " + count);
        }
      }
    }
  }

  @Test
  void theOrderIsDrawnAnewAndIsTheSameInEachRun() {
    List<Integer> all = IntStream.range(0, 9).boxed().toList();
    Set<List<Integer>> orders = new HashSet<>();
    for (int round = 0; round < 6; round++) {
      List<Integer> order = Rounds.shuffled(all, round);
      assertEquals(order, Rounds.shuffled(all, round));
      assertTrue(order.containsAll(all), order.toString());
      orders.add(order);
    }
    assertEquals(6, orders.size());
  }
}
