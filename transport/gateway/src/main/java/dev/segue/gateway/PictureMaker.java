package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import java.net.InetAddress;
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

/**
 * Makes pictures of camera frames: on as many threads as there are processors, each JPEG and PNG
 * once for all who want it, and none that nobody wants any more.
 *
 * <p>Owner: the gateway. Lifetime: until {@link #close()}. Threads: any.
 */
final class PictureMaker implements AutoCloseable {
  /** The size of the cache of encoded pictures, for viewers that come a little later. */
  private static final long REMEMBERED_BYTE_SIZE = 64L << 20;

  private static final int REMEMBERED_COUNT = 64;

  private final LoanPool memory;
  private final PixelBudget pixels;
  private final FairThreads threads =
      new FairThreads(Runtime.getRuntime().availableProcessors(), "segue-gateway-pictures");
  private final Map<Wanted, Making> making = new HashMap<>();
  private final LinkedHashMap<Wanted, SharedPicture> remembered =
      new LinkedHashMap<>(16, 0.75f, true);
  private long rememberedByteSize;

  private record Wanted(long sampleId, PictureRequest request) {}

  private static final class Making {
    private final CompletableFuture<Optional<SharedPicture>> made = new CompletableFuture<>();
    private final Set<GatewayExchange> viewers = new HashSet<>();

    /** Whether nothing was encoded, so that each viewer has the sample's own memory. */
    private volatile boolean isOfSample;

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

  /** Returns where to call {@link #of} for a client. */
  Executor threads(InetAddress client) {
    return threads.of(client);
  }

  LoanPool memory() {
    return memory;
  }

  /**
   * A picture of a sample, made now or taken from those who made it meanwhile.
   *
   * @return empty if the sample is not a picture
   * @throws dev.segue.bytes.PoolExhaustedException if there is no memory for it now
   * @throws CancellationException if nobody wants it any more
   */
  Optional<Picture> of(LentSample lent, PictureRequest request, GatewayExchange call) {
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

  private Optional<Picture> shared(LentSample lent, PictureRequest request, GatewayExchange call) {
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
      Optional<Picture> own = make(wanted, mine, lent);
      if (own.isPresent()) {
        return own;
      }
    }
    try {
      Optional<SharedPicture> made = mine.made.join();
      return mine.isOfSample
          ? request.kind().of(lent, request.maxWidth(), this::isOpen, memory, pixels)
          : made.map(SharedPicture::use);
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private boolean isOpen() {
    return !threads.isClosed();
  }

  /**
   * Makes a picture for all who want it.
   *
   * @return one that is for the caller alone, as it is the sample's own memory: to remember it
   *     would keep the sample, and with it a loan of its publisher
   */
  private Optional<Picture> make(Wanted wanted, Making mine, LentSample lent) {
    PictureRequest request = wanted.request();
    Optional<Picture> picture;
    try {
      picture = request.kind().of(lent, request.maxWidth(), () -> isWanted(mine), memory, pixels);
    } catch (Throwable e) {
      synchronized (making) {
        making.remove(wanted);
      }
      mine.made.completeExceptionally(e);
      return Optional.empty();
    }
    boolean own = picture.isPresent() && picture.get().isOfSample();
    Optional<SharedPicture> shared = own ? Optional.empty() : picture.map(SharedPicture::new);
    synchronized (making) {
      making.remove(wanted);
      shared.ifPresent(each -> remember(wanted, each));
    }
    mine.isOfSample = own;
    mine.made.complete(shared);
    return own ? picture : Optional.empty();
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
    threads.close();
    synchronized (making) {
      remembered.values().forEach(SharedPicture::release);
      remembered.clear();
    }
  }
}
