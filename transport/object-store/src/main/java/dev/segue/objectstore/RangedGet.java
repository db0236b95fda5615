package dev.segue.objectstore;

import dev.segue.objectstore.ObjectStoreException.Reason;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One object's bytes as concurrent ranges, each into its own place of one region. */
final class RangedGet {
  private final RangeSource source;
  private final Transfer transfer;
  private final String key;
  private final long from;
  private final MemorySegment region;
  private final long part;

  /**
   * Reads the bytes from {@code from} on into {@code region}.
   *
   * @param part the range of one request
   */
  RangedGet(
      RangeSource source,
      Transfer transfer,
      String key,
      long from,
      MemorySegment region,
      long part) {
    this.part = part;
    this.source = source;
    this.transfer = transfer;
    this.key = key;
    this.from = from;
    this.region = region;
  }

  /** Exactly as many bytes as the region has. */
  CompletableFuture<ObjectInfo> exactly(@Nullable String etag) {
    return start(etag, true);
  }

  /** All bytes from {@code from} to the object's end, which the region must have room for. */
  CompletableFuture<ObjectInfo> toTheEnd(@Nullable String etag) {
    return start(etag, false);
  }

  private CompletableFuture<ObjectInfo> start(@Nullable String etag, boolean exact) {
    long firstSize = Math.min(part, region.byteSize());
    if (etag != null && exact) {
      List<CompletableFuture<ObjectInfo>> all = new ArrayList<>();
      addRanges(all, 0, region.byteSize(), etag);
      return joined(all);
    }
    // The first response's head tells the version that pins the others, and how many there are.
    CompletableFuture<List<CompletableFuture<ObjectInfo>>> others = new CompletableFuture<>();
    CompletableFuture<ObjectInfo> first =
        source.range(
            transfer,
            key,
            from,
            region.asSlice(0, firstSize),
            etag,
            info -> {
              List<CompletableFuture<ObjectInfo>> rest = new ArrayList<>();
              long there = Math.max(0, info.byteSize() - from);
              if (exact ? there >= region.byteSize() : there <= region.byteSize()) {
                addRanges(rest, firstSize, Math.min(there, region.byteSize()), info.etag());
              }
              others.complete(rest);
            });
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

  private void check(ObjectInfo info, boolean exact) {
    long there = Math.max(0, info.byteSize() - from);
    if (exact ? there < region.byteSize() : there > region.byteSize()) {
      throw new java.util.concurrent.CompletionException(
          new ObjectStoreException(
              Reason.RANGE,
              "byteOffset="
                  + from
                  + " destinationByteSize="
                  + region.byteSize()
                  + " does not fit the object of byteSize="
                  + info.byteSize()));
    }
  }

  private void addRanges(
      List<CompletableFuture<ObjectInfo>> to, long start, long end, String etag) {
    for (long at = start; at < end; at += part) {
      MemorySegment place = region.asSlice(at, Math.min(part, end - at));
      to.add(source.range(transfer, key, from + at, place, etag, info -> {}));
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
