package dev.segue.objectstore.http;

/**
 * A body does not fit into the region that was named for it. Misuse: trying again would not help.
 */
public final class DestinationTooSmallException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DestinationTooSmallException(String request, long bodyByteSize, long destinationByteSize) {
    super(
        request
            + ": the body of byteSize="
            + (bodyByteSize < 0 ? "unknown" : bodyByteSize)
            + " does not fit into a destination of byteSize="
            + destinationByteSize);
  }
}
