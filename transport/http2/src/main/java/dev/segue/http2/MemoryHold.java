package dev.segue.http2;

/** Whose memory a {@link LentBuf} shows: it stays until every holder has let go. Loop only. */
interface MemoryHold {
  void acquire();

  void release();
}
