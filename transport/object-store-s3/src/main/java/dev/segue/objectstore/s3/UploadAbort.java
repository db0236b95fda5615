package dev.segue.objectstore.s3;

import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.internal.Attempt;
import dev.segue.objectstore.internal.Transfer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.AbortMultipartUploadResponse;

/**
 * Aborts a multipart upload until nothing of it is left: a part whose answer was lost may be stored
 * after the abort, which brings the upload back, so S3 says to list its parts and to abort again
 * (API reference, AbortMultipartUpload).
 */
final class UploadAbort {
  private static final int AGAIN_LIMIT = 5;
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final S3Store store;
  private final Attempt what;
  private final String objectKey;
  private final String uploadId;

  UploadAbort(S3Store store, Attempt what, String objectKey, String uploadId) {
    this.store = store;
    this.what = what;
    this.objectKey = objectKey;
    this.uploadId = uploadId;
  }

  /** Aborts it, also when the thread is interrupted: nobody else may know of the upload. */
  void run() throws ObjectStoreException {
    // An interrupt would make each pause end at once.
    boolean interrupted = Thread.interrupted();
    try {
      once();
      for (int again = 0; again < AGAIN_LIMIT && isStillThere(); again++) {
        LockSupport.parkNanos(PAUSE.toNanos() << again);
        once();
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Aborts it once; a failure is added to what made it necessary. */
  void tryOnce(ObjectStoreException why) {
    try {
      once();
    } catch (ObjectStoreException e) {
      why.addSuppressed(e);
    }
  }

  /** Aborts it, and waits for nothing. */
  void begin() {
    var _ = store.retry.run(new Transfer(), () -> store.clients.send(this::abort));
  }

  private CompletableFuture<AbortMultipartUploadResponse> abort(S3AsyncClient s3) {
    return s3.abortMultipartUpload(
        request -> request.bucket(store.bucket).key(objectKey).uploadId(uploadId));
  }

  private void once() throws ObjectStoreException {
    try {
      store.callToTheEnd(what, this::abort);
    } catch (ObjectStoreException e) {
      if (e.reason() != Reason.NOT_FOUND) {
        throw e;
      }
    }
  }

  private boolean isStillThere() {
    try {
      store.callToTheEnd(
          what,
          s3 ->
              s3.listParts(
                  request -> request.bucket(store.bucket).key(objectKey).uploadId(uploadId)));
      return true;
    } catch (ObjectStoreException e) {
      // Not found, or no answer: the abort itself was confirmed.
      return false;
    }
  }
}
