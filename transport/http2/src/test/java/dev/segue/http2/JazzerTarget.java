package dev.segue.http2;

import java.util.Arrays;

/**
 * What {@code interop/http2/fuzz} has Jazzer call: the parser that {@code -Dsegue.fuzz.target=}
 * names, with the first bytes as a seed for where the rest is cut.
 */
public final class JazzerTarget {
  private static final int SEED_BYTE_SIZE = 2;

  private static final FuzzTarget TARGET =
      FuzzTarget.valueOf(System.getProperty("segue.fuzz.target", "HTTP1"));

  private JazzerTarget() {}

  /** Called by Jazzer. */
  public static void fuzzerTestOneInput(byte[] data) {
    if (data.length > SEED_BYTE_SIZE) {
      TARGET.run(
          Arrays.copyOfRange(data, SEED_BYTE_SIZE, data.length), (data[0] & 0xFF) << 8 | data[1]);
    }
  }
}
