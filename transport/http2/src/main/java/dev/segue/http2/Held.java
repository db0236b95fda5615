package dev.segue.http2;

/** Whose memory a {@link LentBuf} shows: it stays until every holder has let go. Loop only. */
interface Held {
  void acquire();

  void release();
}
