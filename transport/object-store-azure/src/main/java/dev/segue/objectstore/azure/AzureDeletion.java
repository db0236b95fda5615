package dev.segue.objectstore.azure;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.internal.DeletionFaults;
import dev.segue.objectstore.internal.InFlight;
import dev.segue.objectstore.internal.Transfer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Deletes blobs, several at a time. One that fails does not end the others. */
final class AzureDeletion {
  private static final int TOGETHER = 1000;

  private final AzureStore store;
  private final Transfer transfer = new Transfer();
  private final InFlight inFlight;
  private final List<Doomed> open = new ArrayList<>();

  /** A blob whose deletion is under way, null as its version for whatever it is. */
  private record Doomed(String key, @Nullable ObjectInfo version, CompletableFuture<Void> gone) {}

  AzureDeletion(AzureStore store) {
    this.store = store;
    this.inFlight = new InFlight(store.settings.rangeInflightCount());
  }

  /** Deletes blobs whatever they are. */
  void run(Collection<String> keys) throws ObjectStoreException {
    DeletionFaults faults = new DeletionFaults(store.uri(), keys.size());
    for (String key : keys) {
      add(key, null, faults, version -> {});
    }
    awaitAll(faults, version -> {});
    faults.end();
  }

  /** Deletes blobs that still are these versions, and tells of those that are not. */
  void run(Collection<ObjectInfo> versions, Consumer<ObjectInfo> kept) throws ObjectStoreException {
    DeletionFaults faults = new DeletionFaults(store.uri(), versions.size());
    for (ObjectInfo version : versions) {
      add(version.key(), version, faults, kept);
    }
    awaitAll(faults, kept);
    faults.end();
  }

  private void add(
      String key, @Nullable ObjectInfo version, DeletionFaults faults, Consumer<ObjectInfo> kept)
      throws ObjectStoreException {
    String etag = version == null ? null : version.etag();
    CompletableFuture<Void> gone =
        inFlight.run(
            () ->
                store.retry.run(transfer, () -> AzureFaults.sent(() -> store.deletion(key, etag))));
    open.add(new Doomed(key, version, gone));
    if (open.size() == TOGETHER) {
      awaitAll(faults, kept);
    }
  }

  private void awaitAll(DeletionFaults faults, Consumer<ObjectInfo> kept)
      throws ObjectStoreException {
    for (Doomed each : open) {
      try {
        // A transfer of its own: its failure gives up nothing else.
        new Transfer().await(each.gone(), store.attempt("delete", each.key()));
      } catch (ObjectStoreException e) {
        if (e.reason() == Reason.CANCELLED) {
          transfer.cancel();
        }
        ObjectInfo version = each.version();
        if (version == null || e.reason() != Reason.CHANGED) {
          faults.add(1, e);
        } else if (!isGone(each.key())) {
          kept.accept(version);
        }
      }
    }
    open.clear();
  }

  /** What is not there meets no condition either; of what nobody may look at, that is not known. */
  private boolean isGone(String key) {
    try {
      return !store.exists(key);
    } catch (ObjectStoreException e) {
      return false;
    }
  }
}
