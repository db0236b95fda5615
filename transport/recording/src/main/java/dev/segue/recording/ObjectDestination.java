package dev.segue.recording;

import dev.segue.bytes.BytesSink;
import dev.segue.objectstore.ObjectWriter;
import java.io.IOException;
import java.time.Duration;

/** One object, written as the messages come: visible at its end, or not at all. */
final class ObjectDestination implements Destination {
  /** The time that a part may take to become full before it gives the publishers' memory back. */
  private static final Duration LONGEST_HOLD = Duration.ofMillis(250);

  private final ObjectWriter object;

  ObjectDestination(ObjectWriter object) {
    this.object = object;
  }

  @Override
  public BytesSink begin() {
    return object;
  }

  @Override
  public void end(long messageCount) throws IOException {
    object.finish();
  }

  @Override
  public void fail(IOException failure) throws IOException {
    throw failure;
  }

  @Override
  public boolean survivesFailures() {
    return false;
  }

  @Override
  public boolean hasRoom(long byteSize) {
    return true;
  }

  @Override
  public long largestFileByteSize() {
    return Long.MAX_VALUE;
  }

  @Override
  public boolean copiesAtOnce() {
    return false;
  }

  @Override
  public void releaseBorrowed() throws IOException {
    object.releaseBorrowed(LONGEST_HOLD);
  }

  @Override
  public long lostCount() {
    return 0;
  }

  @Override
  public void close() throws IOException {
    object.close();
  }
}
