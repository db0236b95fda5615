package dev.segue.recording;

import dev.segue.bytes.BytesSink;
import java.io.IOException;

/** The destination of a recorder's files, one after the other. Threads: the recorder's. */
interface Destination extends AutoCloseable {
  /** Begins a file; the one before has ended. */
  BytesSink begin() throws IOException;

  /** The file is whole. */
  void end(long messageCount) throws IOException;

  /** The file can't be gone on with; what of it is whole is kept where that is possible. */
  void fail(IOException failure) throws IOException;

  /** Returns whether it goes on with another file after one that failed. */
  boolean survivesFailures();

  /** Returns whether so many bytes more can be kept; if not, they are not recorded. */
  boolean hasRoom(long byteSize) throws IOException;

  /** Returns how large a file can become. */
  long largestFileByteSize();

  /** Returns whether all that its sink borrows is free when {@code write} returns. */
  boolean copiesAtOnce();

  /** Gives memory back that was borrowed long ago. */
  void releaseBorrowed() throws IOException;

  /** Returns how many recorded messages were lost because there was no room for them. */
  long lostCount();

  @Override
  void close() throws IOException;
}
