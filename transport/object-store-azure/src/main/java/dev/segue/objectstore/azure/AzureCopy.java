package dev.segue.objectstore.azure;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import com.azure.storage.blob.BlobAsyncClient;
import com.azure.storage.blob.models.BlobProperties;
import com.azure.storage.blob.models.BlobRequestConditions;
import com.azure.storage.blob.models.CopyStatusType;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.internal.Attempt;
import dev.segue.objectstore.internal.Versions;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Copies a blob within an account without a byte of it on this machine. The service may do so at
 * once or later; until it is done, the target is a blob without a byte, whatever it was before. The
 * service leaves it so when the copy fails or is aborted, so that it is deleted then.
 */
final class AzureCopy {
  private static final HttpHeaderName ID = HttpHeaderName.fromString("x-ms-copy-id");
  private static final HttpHeaderName STATUS = HttpHeaderName.fromString("x-ms-copy-status");
  private static final Duration POLL = Duration.ofMillis(200);

  /** The factor by which a copy may go longer than a request without a byte. */
  private static final int PATIENCE = 10;

  private final AzureStore store;
  private final AzureStore origin;
  private final ObjectInfo source;
  private final String toKey;
  private final BlobAsyncClient target;
  private final Attempt what;
  private final LongConsumer copied;
  private long toldByteCount;

  /** Copies one version of a blob of the same account. */
  AzureCopy(
      AzureStore origin, ObjectInfo source, AzureStore store, String toKey, LongConsumer copied) {
    this.store = store;
    this.origin = origin;
    this.source = source;
    this.toKey = toKey;
    this.target = store.blob(toKey);
    this.what =
        new Attempt(
            "copy " + origin.uriOf(source.key()) + " to " + store.uriOf(toKey), source.key());
    this.copied = copied;
    Versions.checkNamed(what, source);
  }

  /** Begins the copy, and waits for its end. */
  ObjectInfo run() throws ObjectStoreException {
    AtomicInteger attempts = new AtomicInteger();
    String id;
    try {
      HttpHeaders begun =
          store.call(
              what,
              () -> {
                attempts.incrementAndGet();
                return store
                    .requests()
                    .copy(store.nameOf(toKey), origin.sourceUrl(source.key()), source.etag());
              });
      id = awaitOurs(begun);
    } catch (ObjectStoreException e) {
      if (attempts.get() == 1 || !e.code().equals("PendingCopyOperation")) {
        throw e;
      }
      id = begunBefore(e);
      awaitEnd(id);
    }
    tell(source.byteSize());
    return made(id);
  }

  /**
   * Returns the object that is there now: if it is still what was copied, it is as large as its
   * source.
   */
  private ObjectInfo made(String id) throws ObjectStoreException {
    HttpHeaders head = store.headers(toKey);
    ObjectInfo made = AzureStore.head(toKey, head).info();
    if (id.equals(head.getValue(ID)) && made.byteSize() != source.byteSize()) {
      throw what.failure(
          Reason.UNTRUSTWORTHY,
          "the copy has byteSize=" + made.byteSize() + ", its source " + source.byteSize());
    }
    return made;
  }

  /** Returns the copy's id. */
  private String awaitOurs(HttpHeaders begun) throws ObjectStoreException {
    String id = begun.getValue(ID);
    if (id == null) {
      throw what.failure(Reason.UNTRUSTWORTHY, "the server's answer has no " + ID);
    }
    if (!CopyStatusType.SUCCESS.toString().equals(begun.getValue(STATUS))) {
      try {
        awaitEnd(id);
      } catch (ObjectStoreException | RuntimeException | Error e) {
        abort(id, e);
        clear(id, e);
        throw e;
      }
    }
    return id;
  }

  /**
   * Returns the id of the copy that an earlier attempt may have begun, whose answer was lost. It
   * may be another one's, who copies the same blob to the same place, so nobody here aborts it. It
   * is of the version that is meant, as that was there before and is now: the service gives a copy
   * up whose source changes.
   */
  private String begunBefore(ObjectStoreException failure) throws ObjectStoreException {
    BlobProperties there = properties();
    String id = there.getCopyId();
    if (id == null || !isOfOneBlob(there.getCopySource(), origin.sourceUrl(source.key()))) {
      throw failure;
    }
    Versions.checkSame(what, source, origin.head(source.key()));
    return id;
  }

  private static boolean isOfOneBlob(@Nullable String shown, String sourceUrl) {
    // A signature in the query is left out of what is shown.
    return shown != null && shown.split("\\?", 2)[0].equals(sourceUrl.split("\\?", 2)[0]);
  }

  private BlobProperties properties() throws ObjectStoreException {
    return store.call(what, target::getProperties);
  }

  private void awaitEnd(String id) throws ObjectStoreException {
    long patienceNanos = PATIENCE * store.settings.stallTimeout().toNanos();
    long movedNanos = System.nanoTime();
    while (true) {
      BlobProperties now = properties();
      if (!id.equals(now.getCopyId())) {
        throw what.failure(
            Reason.CHANGED, "another copy took the target over, id=" + now.getCopyId());
      }
      CopyStatusType status = now.getCopyStatus();
      if (CopyStatusType.SUCCESS.equals(status)) {
        return;
      }
      if (!CopyStatusType.PENDING.equals(status)) {
        throw what.failure(
            Reason.OTHER,
            "the service gave it up: status="
                + status
                + " "
                + Objects.requireNonNullElse(now.getCopyStatusDescription(), ""));
      }
      if (tell(byteCount(now.getCopyProgress()))) {
        movedNanos = System.nanoTime();
      } else if (System.nanoTime() - movedNanos > patienceNanos) {
        throw what.failure(
            Reason.UNAVAILABLE,
            "the service copied no byte for millis="
                + TimeUnit.NANOSECONDS.toMillis(patienceNanos));
      }
      pause();
    }
  }

  private void pause() throws ObjectStoreException {
    try {
      TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw what.failure(Reason.CANCELLED, "the thread was interrupted", e);
    }
  }

  /** Such as {@code 1024/4096}. */
  private static long byteCount(@Nullable String progress) {
    try {
      return progress == null ? 0 : Long.parseLong(progress.split("/", 2)[0]);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** Tells how far it is; whether it is farther than before. Nothing is beyond the source's end. */
  private boolean tell(long toldByNow) {
    long byteCount = Math.min(toldByNow, source.byteSize());
    if (byteCount <= toldByteCount) {
      return false;
    }
    copied.accept(byteCount - toldByteCount);
    toldByteCount = byteCount;
    return true;
  }

  /** Also when the thread is interrupted: nobody else knows of the copy. */
  private void abort(String id, Throwable why) {
    try {
      store.triedToTheEnd(what, () -> AzureFaults.sent(() -> target.abortCopyFromUrl(id)));
    } catch (ObjectStoreException e) {
      // 409: it is over already.
      if (e.status() != 409) {
        why.addSuppressed(e);
      }
    }
  }

  /** Deletes what the service left behind, if it is still that. */
  private void clear(String id, Throwable why) {
    try {
      BlobProperties there =
          store.triedToTheEnd(what, () -> AzureFaults.sent(target::getProperties));
      if (id.equals(there.getCopyId())
          && !CopyStatusType.SUCCESS.equals(there.getCopyStatus())
          && there.getBlobSize() == 0) {
        BlobRequestConditions same =
            new BlobRequestConditions().setIfMatch(AzureObjects.quoted(there.getETag()));
        // Not its snapshots: they are of the blob that was there before.
        store.triedToTheEnd(
            what, () -> AzureFaults.sent(() -> target.deleteWithResponse(null, same)));
      }
    } catch (ObjectStoreException e) {
      if (e.reason() != Reason.NOT_FOUND && e.reason() != Reason.CHANGED) {
        why.addSuppressed(e);
      }
    }
  }
}
