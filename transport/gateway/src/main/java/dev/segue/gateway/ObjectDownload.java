package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.http2.BodyWriter;
import dev.segue.http2.Headers;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectReader;
import dev.segue.objectstore.ObjectStoreException;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Sends a part of an object as it comes from its store, from the memory that it was read into. A
 * client that reads slowly holds two chunks back, and with them the store.
 */
final class ObjectDownload {
  /** Up to here one request fetches the part; beyond it a reader fetches ahead. */
  private static final long AT_ONCE_BYTE_SIZE = 4L << 20;

  private static final long CHUNK_BYTE_SIZE = 8L << 20;

  private final LoanPool memory;

  ObjectDownload(LoanPool memory) {
    this.memory = memory;
  }

  void send(
      GatewayExchange call,
      int status,
      Headers headers,
      ObjectRoots.Found found,
      ObjectInfo info,
      ByteRange range)
      throws HttpException, ObjectStoreException, InterruptedException {
    if (range.byteSize() > AT_ONCE_BYTE_SIZE) {
      stream(call, status, headers, found, info, range);
      return;
    }
    try (ObjectBytes bytes =
        found.store().getRange(found.key(), range.byteOffset(), range.byteSize(), memory)) {
      checkVersion(info, bytes.info());
      var sent = call.respond(status, headers, bytes.bytes());
      await(call, sent, bytes.bytes().byteSize());
    }
  }

  private static void checkVersion(ObjectInfo expected, ObjectInfo read) throws HttpException {
    if (!expected.etag().equals(read.etag())) {
      throw new HttpException(409, "the object changed while it was read");
    }
  }

  private static void stream(
      GatewayExchange call,
      int status,
      Headers headers,
      ObjectRoots.Found found,
      ObjectInfo info,
      ByteRange range)
      throws HttpException, ObjectStoreException, InterruptedException {
    try (ObjectReader reader = found.store().read(found.key())) {
      checkVersion(info, reader.info());
      reader.seek(range.byteOffset());
      Optional<ObjectBytes> first = reader.next(); // Before the response: a fault has a status.
      BodyWriter writer = call.respond(status, headers);
      long left = range.byteSize();
      @Nullable CompletionStage<Void> before = null;
      for (Optional<ObjectBytes> next = first; next.isPresent(); next = reader.next()) {
        try (ObjectBytes chunk = next.get()) {
          call.checkStillAllowed();
          long byteSize = Math.min(left, chunk.bytes().byteSize());
          left -= byteSize;
          var sent = writer.write(chunk.bytes(), 0, byteSize, 0, left == 0);
          call.sent(byteSize);
          if (before != null && !await(call, before, chunk.bytes().byteSize())) {
            return;
          }
          before = sent;
        }
        if (left == 0) {
          break;
        }
      }
      if (left > 0) {
        // Whoever waits for the rest must not wait for ever.
        throw new HttpException(409, "the object ended left=" + left + " bytes early");
      }
      if (before != null) {
        await(call, before, info.byteSize());
      }
    }
  }

  /** False when the client went away, or was given up as it reads too slowly. */
  private static boolean await(GatewayExchange call, CompletionStage<Void> sent, long byteSize)
      throws InterruptedException {
    long nanos = ReadingPace.allowance(Math.min(byteSize, CHUNK_BYTE_SIZE)).toNanos();
    try {
      call.await(sent.toCompletableFuture(), nanos);
      return true;
    } catch (TimeoutException e) {
      call.giveUp();
      return false;
    } catch (ExecutionException e) {
      return false;
    }
  }
}
