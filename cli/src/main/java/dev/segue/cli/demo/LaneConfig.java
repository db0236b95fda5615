package dev.segue.cli.demo;

import dev.segue.iceoryx2.Qos;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;

/** Settings that both processes of a lane share. */
final class LaneConfig {
  static final KeyExpr KEY = KeyExpr.of("segue/demo/camera");

  /** Checksum of the pixels, then 1 for a frame that is measured and 0 for one to warm up. */
  static final int ATTACHMENT_BYTE_SIZE = 2 * Integer.BYTES;

  private LaneConfig() {}

  /** Finds nobody by itself, so that a demo never meets another one. */
  static Config session(Lane lane) {
    return Config.isolated()
        .sharedMemory(lane.usesSharedMemory())
        .sharedMemoryForLargePayloads(false);
  }

  /** The one publisher and the one subscriber of the iceoryx2 lane; a frame is never dropped. */
  static Qos iceoryx2() {
    return Qos.defaults().withPorts(1, 1).withNodes(2).withBuffer(1, 2).withSafeOverflow(false);
  }

  /** The size of an off-heap block for one frame's message. */
  static long blockByteSize(FrameOptions options) {
    return Math.max(1L << 16, Long.highestOneBit(options.frameByteSize() + 4096L) << 1);
  }
}
