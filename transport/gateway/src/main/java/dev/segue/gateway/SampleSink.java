package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.BodyWriter;
import java.util.concurrent.CompletionStage;

/** The destination of one stream's samples: a response, or its part of a WebSocket. */
interface SampleSink {
  /** Sends bytes; they are lent until the stage completes. */
  CompletionStage<Void> send(SegmentedBytes bytes);

  /** Returns how many bytes of this stream are on their way. */
  long queuedByteSize();

  /** Calls back when there may be room again, after {@link #send} has failed for lack of it. */
  default void awaitRoom(Runnable resume) {}

  /** Who was called back has nothing to send, and leaves the room to others. */
  default void leaveRoom() {}

  /** Ends the stream. */
  void end();

  /** The body of a response. */
  static SampleSink of(BodyWriter writer) {
    return new SampleSink() {
      @Override
      public CompletionStage<Void> send(SegmentedBytes bytes) {
        return writer.write(bytes);
      }

      @Override
      public long queuedByteSize() {
        return writer.queuedByteSize();
      }

      @Override
      public void end() {
        writer.end();
      }
    };
  }
}
