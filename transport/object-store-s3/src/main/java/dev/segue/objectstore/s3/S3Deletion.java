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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  /**
   * The outcome for the objects of one request, which may be sent several times.
   *
   * @param open those of which nothing is known yet, by their names
   * @param refused by the store
   * @param stray errors of none of them, or of no name
   * @param others versions that changed
   */
  private record Batch(
      Attempt what,
      Map<String, Doomed> open,
      List<S3Error> refused,
      List<S3Error> stray,
      List<ObjectInfo> others) {
    Batch(Attempt what) {
      this(
          what,
          new ConcurrentHashMap<>(),
          new CopyOnWriteArrayList<>(),
          new CopyOnWriteArrayList<>(),
          new CopyOnWriteArrayList<>());
    }
  }

  private void batch(List<Doomed> some) throws ObjectStoreException {
    if (some.isEmpty()) {
      return;
    }
    Batch batch =
        new Batch(Attempt.of("delete of objectCount=" + some.size() + " below " + store.uri()));
    some.forEach(each -> batch.open.put(store.nameOf(each.key()), each));
    ObjectStoreException failure = null;
    try {
      send(batch);
    } catch (ObjectStoreException e) {
      failure = e;
    }
    batch.others.forEach(kept);
    for (S3Error error : batch.refused) {
      faults.add(1, refusal(batch, error));
    }
    if (failure != null) {
      faults.add(batch.open.size(), failure);
    } else if (!batch.open.isEmpty()) {
      faults.add(batch.open.size(), leftOut(batch));
    }
  }

  private void send(Batch batch) throws ObjectStoreException {
    try {
      store.tried(
          batch.what,
          () ->
              store
                  .clients
                  .send(s3 -> s3.deleteObjects(r -> r.bucket(store.bucket).delete(of(batch.open))))
                  .thenAccept(response -> note(response, batch)));
    } catch (ObjectStoreException e) {
      if (!conditional || !isOfConditions(batch, e)) {
        throw e;
      }
      conditional = false;
      send(batch);
    }
  }

  private static ObjectStoreException refusal(Batch batch, S3Error error) {
    String text = batch.what + ": " + error.key() + ": " + error.code() + " " + error.message();
    return new ObjectStoreException(reason(error.code()), text);
  }

  private static ObjectStoreException leftOut(Batch batch) {
    return batch.stray.isEmpty()
        ? new ObjectStoreException(
            Reason.UNTRUSTWORTHY,
            batch.what
                + ": the server's answer leaves objectCount="
                + batch.open.size()
                + " out, the first is "
                + batch.open.keySet().iterator().next())
        : refusal(batch, batch.stray.getFirst());
  }

  /** Returns whether a server may not know what it was asked for, since that had conditions. */
  private static boolean isOfConditions(Batch batch, ObjectStoreException e) {
    return batch.open.values().stream().anyMatch(each -> each.version() != null)
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
  private static void note(DeleteObjectsResponse response, Batch batch) {
    S3Error passing = null;
    Set<String> again = new HashSet<>();
    // Before those that are gone: one of which both is said was refused.
    for (S3Error error : response.errors()) {
      String name = error.key() == null ? "" : error.key();
      if (reason(error.code()) == Reason.UNAVAILABLE && batch.open.containsKey(name)) {
        passing = error;
        again.add(name);
      } else {
        Doomed each = batch.open.remove(name);
        if (each == null) {
          batch.stray.add(error);
        } else if (each.version() != null && OTHER_VERSION.equals(error.code())) {
          batch.others.add(each.version());
        } else if (!"NoSuchKey".equals(error.code())) {
          batch.refused.add(error);
        }
      }
    }
    for (DeletedObject deleted : response.deleted()) {
      if (deleted.key() != null && !again.contains(deleted.key())) {
        batch.open.remove(deleted.key());
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
