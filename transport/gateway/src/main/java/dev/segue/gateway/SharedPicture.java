package dev.segue.gateway;

import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * A picture that several viewers send, closed by the last of them.
 *
 * <p>Owner: who made it, who releases it once, and each user. Lifetime: until the last of them lets
 * go. Threads: any.
 */
final class SharedPicture {
  private final Picture picture;
  private int users = 1;

  SharedPicture(Picture picture) {
    this.picture = picture;
  }

  long byteSize() {
    return picture.bytes().byteSize();
  }

  /**
   * The picture for one more user, who closes it.
   *
   * @throws CancellationException if the last user has let go of it, so that it must be made again
   */
  synchronized Picture use() {
    if (users == 0) {
      throw new CancellationException("use of a shared picture: it has been closed");
    }
    users++;
    return new Picture(
        picture.mediaType(), picture.bytes(), List.of(new Use()), picture.isOfSample());
  }

  private final class Use implements AutoCloseable {
    private boolean closed;

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        release();
      }
    }
  }

  void release() {
    boolean last;
    synchronized (this) {
      users--;
      last = users == 0;
    }
    if (last) {
      picture.close();
    }
  }
}
