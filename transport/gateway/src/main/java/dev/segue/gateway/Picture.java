package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import java.util.List;

/**
 * An image file, parts of which may be lent from where the camera put them.
 *
 * <p>Owner: who made it. Lifetime: the bytes are valid until {@link #close()}, or as long as they
 * are lent, and as long as the sample is that they are of. Threads: any.
 *
 * @param owners what holds the memory, closed with it
 * @param isOfSample whether memory of the sample is in it, so that it keeps the sample
 */
record Picture(
    String mediaType, SegmentedBytes bytes, List<AutoCloseable> owners, boolean isOfSample)
    implements AutoCloseable {
  Picture {
    owners = List.copyOf(owners);
  }

  @Override
  public void close() {
    for (AutoCloseable owner : owners) {
      try {
        owner.close();
      } catch (Exception e) {
        throw new IllegalStateException("closing " + owner, e);
      }
    }
  }
}
