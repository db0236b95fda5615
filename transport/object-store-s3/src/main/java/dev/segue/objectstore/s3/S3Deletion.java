package dev.segue.objectstore.s3;

import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.internal.Attempt;
import dev.segue.objectstore.internal.DeletionFaults;
import dev.segue.objectstore.internal.ServiceFault;
import dev.segue.objectstore.internal.ServiceFaultException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.Delete;
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
    Set<String> open = ConcurrentHashMap.newKeySet();
    some.forEach(key -> open.add(store.nameOf(key)));
    Attempt what = Attempt.of("delete of objectCount=" + some.size() + " below " + store.uri());
    List<S3Error> refused = new CopyOnWriteArrayList<>();
    ObjectStoreException failure = null;
    try {
      var _ =
          store.tried(
              what,
              () ->
                  store
                      .clients
                      .send(s3 -> s3.deleteObjects(r -> r.bucket(store.bucket).delete(of(open))))
                      .thenAccept(response -> note(response, open, refused)));
    } catch (ObjectStoreException e) {
      failure = e;
    }
    for (S3Error error : refused) {
      String text = what + ": " + error.key() + ": " + error.code() + " " + error.message();
      faults.add(1, new ObjectStoreException(reason(error.code()), text));
    }
    if (failure != null) {
      faults.add(open.size(), failure);
    } else if (!open.isEmpty()) {
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

  private static Delete of(Set<String> names) {
    return Delete.builder()
        .objects(
            names.stream()
                .sorted()
                .map(name -> ObjectIdentifier.builder().key(name).build())
                .toList())
        .build();
  }

  /**
   * Notes which objects are gone, and which the store refuses to delete.
   *
   * @throws CompletionException with a fault that may pass, if the store could not delete some just
   *     now: they stay open, to be asked for again
   */
  private static void note(
      DeleteObjectsResponse response, Set<String> open, List<S3Error> refused) {
    response.deleted().forEach(deleted -> close(open, deleted.key()));
    S3Error passing = null;
    for (S3Error error : response.errors()) {
      if (reason(error.code()) == Reason.UNAVAILABLE
          && error.key() != null
          && open.contains(error.key())) {
        passing = error;
      } else {
        close(open, error.key());
        if (!"NoSuchKey".equals(error.code())) {
          refused.add(error);
        }
      }
    }
    if (passing != null) {
      boolean isThrottling = "SlowDown".equals(passing.code());
      ServiceFault fault =
          new ServiceFault(
              isThrottling ? 503 : 500,
              passing.code(),
              passing.key() + ": " + passing.message(),
              String.valueOf(response.responseMetadata().requestId()),
              isThrottling,
              false);
      throw new CompletionException(new ServiceFaultException(fault, null));
    }
  }

  private static void close(Set<String> open, @Nullable String name) {
    if (name != null) {
      boolean _ = open.remove(name);
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
