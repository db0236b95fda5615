package dev.segue.zenoh;

import java.util.List;

/**
 * Holds messages back that are too large.
 *
 * @param where which messages on which links
 * @param keyExprs their keys, one at least
 * @param maxByteSize how many bytes a payload may have, with its attachment
 */
public record LowPassFilter(Interceptor where, List<KeyExpr> keyExprs, long maxByteSize) {
  /** Keeps the keys as they are now. */
  public LowPassFilter {
    if (keyExprs.isEmpty() || maxByteSize < 0) {
      throw new IllegalArgumentException(
          "low-pass filter of keyExprCount=" + keyExprs.size() + " maxByteSize=" + maxByteSize);
    }
    keyExprs = List.copyOf(keyExprs);
  }

  /** Of puts, both ways, on all links. */
  public static LowPassFilter of(KeyExpr keyExpr, long maxByteSize) {
    return new LowPassFilter(Interceptor.of(DataMessage.PUT), List.of(keyExpr), maxByteSize);
  }

  /** Of other messages or links. */
  public LowPassFilter where(Interceptor value) {
    return new LowPassFilter(value, keyExprs, maxByteSize);
  }

  String json() {
    return where
        .fields()
        .withTexts("key_exprs", keyExprs)
        .with("size_limit", Long.toString(maxByteSize))
        .toString();
  }
}
