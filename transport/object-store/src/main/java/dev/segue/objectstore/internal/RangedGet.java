package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** One object's bytes as concurrent ranges, each into its own place of one region. */
public final class RangedGet {
  private final RangeSource source;
  private final Transfer transfer;
  private final RangeRead read;
  private final long part;

  /**
   * Reads a run of bytes by ranges.
   *
   * @param part the range of one request
   */
  public RangedGet(RangeSource source, Transfer transfer, RangeRead read, long part) {
    this.source = source;
    this.transfer = transfer;
    this.read = read;
    this.part = part;
  }

  /** Exactly as many bytes as the region has. */
  public CompletableFuture<ObjectInfo> exactly() {
    return start(true);
  }

  /** All bytes to the object's end, which the region must have room for. */
  public CompletableFuture<ObjectInfo> toTheEnd() {
    return start(false);
  }

  private CompletableFuture<ObjectInfo> start(boolean exact) {
    ObjectInfo version = read.pinned();
    if (version != null && exact) {
      List<CompletableFuture<ObjectInfo>> all = new ArrayList<>();
      addRanges(all, 0, read.byteSize(), version);
      return joined(all);
    }
    // The first response's head tells the version that pins the others, and how many there are.
    long firstSize = Math.min(part, read.byteSize());
    CompletableFuture<List<CompletableFuture<ObjectInfo>>> others = new CompletableFuture<>();
    CompletableFuture<ObjectInfo> first =
        source.range(
            transfer,
            read.slice(
                0, firstSize, version, info -> others.complete(rest(info, firstSize, exact))));
    return first.thenCompose(
        info -> {
          check(info, exact);
          return others.thenCompose(
              rest -> {
                rest.add(CompletableFuture.completedFuture(info));
                return joined(rest);
              });
        });
  }

  private List<CompletableFuture<ObjectInfo>> rest(ObjectInfo info, long from, boolean exact) {
    List<CompletableFuture<ObjectInfo>> rest = new ArrayList<>();
    long there = Math.max(0, info.byteSize() - read.byteOffset());
    if (exact ? there >= read.byteSize() : there <= read.byteSize()) {
      addRanges(rest, from, Math.min(there, read.byteSize()), info);
    }
    return rest;
  }

  private void check(ObjectInfo info, boolean exact) {
    long there = Math.max(0, info.byteSize() - read.byteOffset());
    if (exact ? there < read.byteSize() : there > read.byteSize()) {
      throw new CompletionException(
          new ObjectStoreException(
              Reason.RANGE,
              "byteOffset="
                  + read.byteOffset()
                  + " destinationByteSize="
                  + read.byteSize()
                  + " does not fit the object of byteSize="
                  + info.byteSize()));
    }
  }

  private void addRanges(
      List<CompletableFuture<ObjectInfo>> to, long start, long end, ObjectInfo version) {
    for (long at = start; at < end; at += part) {
      to.add(source.range(transfer, read.slice(at, Math.min(part, end - at), version, info -> {})));
    }
  }

  private static CompletableFuture<ObjectInfo> joined(List<CompletableFuture<ObjectInfo>> all) {
    CompletableFuture<ObjectInfo> result = new CompletableFuture<>();
    for (CompletableFuture<ObjectInfo> each : all) {
      // The first failure is enough: the caller then ends the others.
      var _ =
          each.whenComplete(
              (info, failure) -> {
                if (failure != null) {
                  result.completeExceptionally(failure);
                }
              });
    }
    var _ =
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
            .thenRun(() -> result.complete(all.getLast().join()));
    return result;
  }
}
