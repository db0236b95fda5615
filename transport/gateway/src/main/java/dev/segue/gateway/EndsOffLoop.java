package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.WebSocket;
import java.util.concurrent.Executor;

/**
 * Lets go of a WebSocket away from its event loop: a client that hangs up while all topics are
 * looked at for it, or that has thousands of subscriptions, held the loop, and all connections on
 * it, until that was over.
 *
 * <p>Owner: the connection. Lifetime: the same. Threads: as of the client.
 *
 * @param client gets all calls
 * @param blocking where it gets the last one
 */
record EndsOffLoop(WebSocket.Listener client, Executor blocking) implements WebSocket.Listener {
  @Override
  public boolean onPart(WebSocket socket, boolean isText, long byteSize) {
    return client.onPart(socket, isText, byteSize);
  }

  @Override
  public void onText(WebSocket socket, String text) {
    client.onText(socket, text);
  }

  @Override
  public void onBinary(WebSocket socket, SegmentedBytes bytes) {
    client.onBinary(socket, bytes);
  }

  @Override
  public void onClosed(WebSocket socket) {
    Work.run(blocking, () -> client.onClosed(socket));
  }
}
