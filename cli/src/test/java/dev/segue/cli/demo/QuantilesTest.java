package dev.segue.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class QuantilesTest {
  @Test
  void areMeasuredValuesByNearestRank() {
    long[] backwards = LongStream.rangeClosed(1, 200).map(i -> 201 - i).toArray();
    assertEquals(new Quantiles(100, 180, 198), Quantiles.of(backwards));
  }

  @Test
  void ofOneValueAreThatValue() {
    assertEquals(new Quantiles(7, 7, 7), Quantiles.of(new long[] {7}));
  }

  @Test
  void ofNothingAreZero() {
    assertEquals(new Quantiles(0, 0, 0), Quantiles.of(new long[0]));
  }

  @Test
  void aSeriesGrowsWithItsValues() {
    LongSeries series = new LongSeries();
    LongStream.rangeClosed(1, 5000).forEach(series::add);
    assertEquals(5000, series.count());
    assertEquals(5000, series.last());
    assertEquals(new Quantiles(2500, 4500, 4950), series.quantiles());
  }
}
