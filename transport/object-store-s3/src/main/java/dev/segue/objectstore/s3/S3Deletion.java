package dev.segue.objectstore.s3;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.internal.Attempt;
import dev.segue.objectstore.internal.DeletionFaults;
import dev.segue.objectstore.internal.ServiceFault;
import dev.segue.objectstore.internal.ServiceFaultException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.DeletedObject;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Error;

/**
 * Deletes objects, or versions of them, a thousand in one request. Each must be confirmed by name:
 * an answer that leaves one out says nothing of it. What can't be deleted does not keep the others.
 */
final class S3Deletion {
  private static final int BATCH = 1000;

  private static final String OTHER_VERSION = "PreconditionFailed";

  private final S3Store store;
  private final List<Doomed> all;
  private final Consumer<ObjectInfo> kept;
  private final DeletionFaults faults;

  /** Whether the server takes conditions, as far as is known. */
  private boolean conditional = true;

  /**
   * An object to delete.
   *
   * @param version null for whatever it is
   */
  private record Doomed(String key, @Nullable ObjectInfo version) {
    @Nullable String etag() {
      return version == null ? null : version.etag();
    }
  }

  private S3Deletion(S3Store store, List<Doomed> all, Consumer<ObjectInfo> kept) {
    this.store = store;
    this.all = all;
    this.kept = kept;
    this.faults = new DeletionFaults(store.uri(), all.size());
  }

  /** Deletes objects whatever they are. */
  static S3Deletion of(S3Store store, Collection<String> keys) {
    return new S3Deletion(
        store, keys.stream().map(key -> new Doomed(key, null)).toList(), version -> {});
  }

  /** Deletes objects that still are these versions, and tells of those that are not. */
  static S3Deletion of(S3Store store, Collection<ObjectInfo> versions, Consumer<ObjectInfo> kept) {
    return new S3Deletion(
        store, versions.stream().map(each -> new Doomed(each.key(), each)).toList(), kept);
  }

  /**
   * Deletes objects.
   *
   * @throws ObjectStoreException when all were tried, with the first fault and how many there were
   */
  void run() throws ObjectStoreException {
    List<Doomed> batch = new ArrayList<>();
    for (Doomed each : all) {
      if (isXml(store.nameOf(each.key()))) {
        batch.add(each);
      } else {
        one(each);
      }
      if (batch.size() == BATCH) {
        batch(batch);
        batch.clear();
      }
    }
    batch(batch);
    faults.end();
  }

  private void one(Doomed each) throws ObjectStoreException {
    try {
      store.delete(
          store.attempt("delete", each.key()), each.key(), conditional ? each.etag() : null);
    } catch (ObjectStoreException e) {
      if (conditional && each.version() != null && e.status() == S3Store.NOT_IMPLEMENTED) {
        conditional = false;
        one(each);
      } else if (each.version() != null && e.reason() == Reason.CHANGED) {
        kept.accept(each.version());
      } else if (each.version() == null || !S3Store.isGone(e)) {
        faults.add(1, e);
      }
    }
  }

  private void batch(List<Doomed> some) throws ObjectStoreException {
    if (some.isEmpty()) {
      return;
    }
    Map<String, Doomed> open = new ConcurrentHashMap<>();
    some.forEach(each -> open.put(store.nameOf(each.key()), each));
    batch(some, open);
  }

  private void batch(List<Doomed> some, Map<String, Doomed> open) throws ObjectStoreException {
    Attempt what = Attempt.of("delete of objectCount=" + some.size() + " below " + store.uri());
    List<S3Error> refused = new CopyOnWriteArrayList<>();
    List<ObjectInfo> others = new CopyOnWriteArrayList<>();
    ObjectStoreException failure = null;
    try {
      var _ =
          store.tried(
              what,
              () ->
                  store
                      .clients
                      .send(s3 -> s3.deleteObjects(r -> r.bucket(store.bucket).delete(of(open))))
                      .thenAccept(response -> note(response, open, refused, others)));
    } catch (ObjectStoreException e) {
      if (conditional && isOfConditions(some, e)) {
        conditional = false;
        batch(some, open);
        return;
      }
      failure = e;
    }
    others.forEach(kept);
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
                  + open.keySet().iterator().next()));
    }
  }

  /** Returns whether a server may not know what it was asked for, since that had conditions. */
  private static boolean isOfConditions(List<Doomed> some, ObjectStoreException e) {
    return some.getFirst().version() != null
        && (e.status() == S3Store.NOT_IMPLEMENTED || e.code().equals("MalformedXML"));
  }

  private Delete of(Map<String, Doomed> open) {
    return Delete.builder()
        .objects(
            open.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(
                    each ->
                        ObjectIdentifier.builder()
                            .key(each.getKey())
                            .eTag(conditional ? each.getValue().etag() : null)
                            .build())
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
      DeleteObjectsResponse response,
      Map<String, Doomed> open,
      List<S3Error> refused,
      List<ObjectInfo> others) {
    for (DeletedObject deleted : response.deleted()) {
      var _ = close(open, deleted.key());
    }
    S3Error passing = null;
    for (S3Error error : response.errors()) {
      if (reason(error.code()) == Reason.UNAVAILABLE
          && error.key() != null
          && open.containsKey(error.key())) {
        passing = error;
      } else {
        Doomed each = close(open, error.key());
        if (each != null && each.version() != null && OTHER_VERSION.equals(error.code())) {
          others.add(each.version());
        } else if (!"NoSuchKey".equals(error.code())) {
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

  private static @Nullable Doomed close(Map<String, Doomed> open, @Nullable String name) {
    return name == null ? null : open.remove(name);
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
