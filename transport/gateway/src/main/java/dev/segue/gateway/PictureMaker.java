package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Makes pictures of camera frames: on as many threads as there are processors, each JPEG and PNG
 * once for all who want it, and none that nobody wants any more.
 *
 * <p>Owner: the gateway. Lifetime: until {@link #close()}. Threads: any.
 */
final class PictureMaker implements AutoCloseable {
  /** What is remembered of encoded pictures, for viewers that come a little later. */
  private static final long REMEMBERED_BYTE_SIZE = 64L << 20;

  private static final int REMEMBERED_COUNT = 64;

  private final LoanPool memory;
  private final PixelBudget pixels;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          Runtime.getRuntime().availableProcessors(),
          task -> Thread.ofPlatform().daemon().name("segue-gateway-pictures").unstarted(task));
  private final Map<Wanted, Making> making = new HashMap<>();
  private final LinkedHashMap<Wanted, SharedPicture> remembered =
      new LinkedHashMap<>(16, 0.75f, true);
  private long rememberedByteSize;

  private record Wanted(long sampleId, PictureRequest request) {}

  private static final class Making {
    private final CompletableFuture<Optional<SharedPicture>> made = new CompletableFuture<>();
    private final Set<Call> viewers = new HashSet<>();

    private boolean isWanted() {
      return viewers.stream().anyMatch(each -> !each.isOver());
    }
  }

  /**
   * Makes a maker.
   *
   * @param memory for what must be gathered or converted, and for files that were made
   */
  PictureMaker(LoanPool memory, PixelBudget pixels) {
    this.memory = memory;
    this.pixels = pixels;
  }

  /** Where to call {@link #of}. */
  Executor threads() {
    return threads;
  }

  LoanPool memory() {
    return memory;
  }

  /**
   * A picture of a sample, made now or taken from those who made it meanwhile.
   *
   * @return empty if the sample is no picture
   * @throws dev.segue.bytes.PoolExhaustedException if there is no memory for it now
   * @throws CancellationException if nobody wants it any more
   */
  Optional<Picture> of(LentSample lent, PictureRequest request, Call call) {
    if (call.isOver()) {
      throw new CancellationException("the client has gone");
    }
    if (request.kind() == PictureKind.BMP) {
      return request.kind().of(lent, request.maxWidth(), this::isOpen, memory, pixels);
    }
    while (true) {
      try {
        return shared(lent, request, call);
      } catch (CancellationException e) {
        // Those who wanted it before have gone, perhaps just as this one joined them.
        if (call.isOver() || !isOpen()) {
          throw e;
        }
      }
    }
  }

  private Optional<Picture> shared(LentSample lent, PictureRequest request, Call call) {
    Wanted wanted = new Wanted(lent.sample().id(), request);
    Making mine;
    boolean first = false;
    synchronized (making) {
      SharedPicture known = remembered.get(wanted);
      if (known != null) {
        return Optional.of(known.use());
      }
      Making running = making.get(wanted);
      if (running == null) {
        running = new Making();
        making.put(wanted, running);
        first = true;
      }
      mine = running;
      mine.viewers.add(call);
    }
    if (first) {
      make(wanted, mine, lent);
    }
    try {
      return mine.made.join().map(SharedPicture::use);
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private boolean isOpen() {
    return !threads.isShutdown();
  }

  private void make(Wanted wanted, Making mine, LentSample lent) {
    Optional<SharedPicture> shared = Optional.empty();
    try {
      shared =
          wanted
              .request()
              .kind()
              .of(lent, wanted.request().maxWidth(), () -> isWanted(mine), memory, pixels)
              .map(SharedPicture::new);
    } catch (Throwable e) {
      synchronized (making) {
        Making _ = making.remove(wanted);
      }
      mine.made.completeExceptionally(e);
      return;
    }
    synchronized (making) {
      Making _ = making.remove(wanted);
      shared.ifPresent(each -> remember(wanted, each));
    }
    mine.made.complete(shared);
  }

  private boolean isWanted(Making mine) {
    synchronized (making) {
      return isOpen() && mine.isWanted();
    }
  }

  /** The use that it is made with stays with the memory of it. */
  private void remember(Wanted wanted, SharedPicture picture) {
    remembered.put(wanted, picture);
    rememberedByteSize += picture.byteSize();
    var all = remembered.entrySet().iterator();
    // The newest stays, so that those who wait for it find it in use.
    while (remembered.size() > 1
        && (rememberedByteSize > REMEMBERED_BYTE_SIZE || remembered.size() > REMEMBERED_COUNT)) {
      SharedPicture oldest = all.next().getValue();
      all.remove();
      rememberedByteSize -= oldest.byteSize();
      oldest.release();
    }
  }

  @Override
  public void close() {
    var _ = threads.shutdownNow();
    threads.close();
    synchronized (making) {
      remembered.values().forEach(SharedPicture::release);
      remembered.clear();
    }
  }
}
