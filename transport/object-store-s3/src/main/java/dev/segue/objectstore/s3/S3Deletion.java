package dev.segue.objectstore.s3;

import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.internal.Attempt;
import dev.segue.objectstore.internal.DeletionFaults;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Error;

/**
 * Deletes objects, a thousand in one request. Each must be confirmed by name: an answer that leaves
 * one out says nothing of it. What can't be deleted does not keep the others.
 */
final class S3Deletion {
  private static final int BATCH = 1000;

  private final S3Store store;
  private final List<String> keys;
  private final DeletionFaults faults;

  S3Deletion(S3Store store, List<String> keys) {
    this.store = store;
    this.keys = keys;
    this.faults = new DeletionFaults(store.uri(), keys.size());
  }

  /**
   * Deletes objects.
   *
   * @throws ObjectStoreException when all were tried, with the first fault and how many there were
   */
  void run() throws ObjectStoreException {
    List<String> batch = new ArrayList<>();
    for (String key : keys) {
      if (isXml(store.nameOf(key))) {
        batch.add(key);
      } else {
        one(key);
      }
      if (batch.size() == BATCH) {
        batch(batch);
        batch.clear();
      }
    }
    batch(batch);
    faults.end();
  }

  private void one(String key) throws ObjectStoreException {
    try {
      var _ =
          store.call(
              store.attempt("delete", key),
              s3 ->
                  s3.deleteObject(request -> request.bucket(store.bucket).key(store.nameOf(key))));
    } catch (ObjectStoreException e) {
      faults.add(1, e);
    }
  }

  private void batch(List<String> some) throws ObjectStoreException {
    if (some.isEmpty()) {
      return;
    }
    List<ObjectIdentifier> objects = new ArrayList<>();
    Set<String> open = new HashSet<>();
    for (String key : some) {
      objects.add(ObjectIdentifier.builder().key(store.nameOf(key)).build());
      open.add(store.nameOf(key));
    }
    Attempt what = Attempt.of("delete of objectCount=" + some.size() + " below " + store.uri());
    DeleteObjectsResponse response;
    try {
      response =
          store.call(
              what,
              s3 ->
                  s3.deleteObjects(
                      request -> request.bucket(store.bucket).delete(d -> d.objects(objects))));
    } catch (ObjectStoreException e) {
      faults.add(some.size(), e);
      return;
    }
    response.deleted().forEach(deleted -> open.remove(deleted.key()));
    for (S3Error error : response.errors()) {
      open.remove(error.key());
      if (!"NoSuchKey".equals(error.code())) {
        String text = what + ": " + error.key() + ": " + error.code() + " " + error.message();
        faults.add(1, new ObjectStoreException(reason(error.code()), text));
      }
    }
    if (!open.isEmpty()) {
      faults.add(
          open.size(),
          new ObjectStoreException(
              Reason.UNTRUSTWORTHY,
              what
                  + ": the server's answer leaves objectCount="
                  + open.size()
                  + " out, the first is "
                  + open.iterator().next()));
    }
  }

  private static Reason reason(@Nullable String code) {
    return switch (code == null ? "" : code) {
      case "AccessDenied" -> Reason.DENIED;
      case "InternalError", "SlowDown", "ServiceUnavailable" -> Reason.UNAVAILABLE;
      default -> Reason.OTHER;
    };
  }

  /** XML 1.0, 2.2: what it can't say makes a request of a thousand keys malformed. */
  private static boolean isXml(String key) {
    return key.codePoints()
        .allMatch(
            c ->
                c == '\t'
                    || (c >= 0x20 && c <= 0xD7FF)
                    || (c >= 0xE000 && c <= 0xFFFD)
                    || c >= 0x10000);
  }
}
