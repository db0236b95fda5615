package dev.segue.bytes.spi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The owner of memory that this library gave out. The memory goes back when its last holder
 * releases it.
 *
 * <p>Its creator closes it; each lease (a payload in the Zenoh core, a part in an upload) and each
 * access of {@code SegmentedBytes} holds it until then. So the memory can't be freed under native
 * code or a reader, in whatever order closing and releasing happen.
 *
 * <p>Raw memory leaves only as a {@link #view}: in an arena of the owner's own, made when the first
 * one is asked for, which ends before {@link #free()}. A view that a channel of the JDK is using at
 * that moment can't be ended, and neither can one while the heap is full: the memory then goes back
 * later. Without views, there is no arena and no handshake to pay for.
 *
 * <p>Owner: itself. Lifetime: until nobody holds it. Threads: any.
 */
public abstract class MemoryOwner extends HoldCount {
  private final boolean guarded;
  private @Nullable Views views;

  /** The arena of what was given out, and the end of the memory if that must wait for it. */
  private static final class Views extends Pending {
    final Arena arena;
    private final MemoryOwner owner;
    private boolean isFreed;

    Views(Arena arena, MemoryOwner owner) {
      this.arena = arena;
      this.owner = owner;
    }

    @Override
    protected boolean attempt() {
      if (!isFreed) {
        if (!owner.tryEndViews()) {
          return false;
        }
        isFreed = true;
        owner.free();
      }
      return true;
    }
  }

  /** Of memory that only holds protect. */
  protected MemoryOwner() {
    this.guarded = false;
  }

  /**
   * Of memory whose segments lie in a scope that ends before the memory goes back, if {@code
   * guarded}: they are read without a hold, and are views themselves.
   */
  protected MemoryOwner(boolean guarded) {
    this.guarded = guarded;
  }

  /**
   * Of memory that will be allocated from {@code arena}, which ends when nobody holds it any more.
   */
  protected MemoryOwner(Arena arena) {
    this.guarded = true;
    this.views = new Views(arena, this);
  }

  /**
   * Makes segments of the arena lead back to this owner: call it when the first one was allocated.
   * Idempotent; no effect when the arena has ended.
   */
  protected final synchronized void found() {
    Views known = views;
    if (known != null) {
      ScopeOwners.add(known.arena.scope(), this);
    }
  }

  /** Returns whether the scope of its segments ends before the memory goes back. */
  public final boolean isGuarded() {
    return guarded;
  }

  /**
   * Returns the owner of just the memory that a view of this owner shows: this one, unless it has
   * parts that are held each on its own.
   */
  public MemoryOwner ownerOf(MemorySegment view) {
    return this;
  }

  /**
   * A view of memory of this owner's that any code may have: it ends when the memory goes back, and
   * leads back to this owner.
   *
   * @throws IllegalStateException if the memory has gone back
   */
  @SuppressWarnings("restricted") // the same memory, in an arena that ends before it goes back
  public final MemorySegment view(MemorySegment memory) {
    if (guarded) {
      return memory;
    }
    acquire();
    try {
      Arena confined = confinedViews();
      return memory.reinterpret(confined == null ? views() : confined, null);
    } finally {
      release();
    }
  }

  /**
   * The arena for views that the calling thread asks for and that only it may use, whose end costs
   * no handshake; null, as here, where views are for all threads. Whoever overrides this ends the
   * arena, on its thread, before the last hold is gone, and leads its scope back to this owner.
   */
  protected @Nullable Arena confinedViews() {
    return null;
  }

  private synchronized Arena views() {
    Views known = views;
    if (known == null) {
      Arena arena = Arena.ofShared(); // whoever lets go last ends it, on any thread
      known = new Views(arena, this);
      ScopeOwners.add(arena.scope(), this);
      views = known;
    }
    return known.arena;
  }

  /**
   * Ends all views that were given out so far.
   *
   * @return {@code false} if a channel of the JDK is using one of them
   */
  protected final synchronized boolean tryEndViews() {
    Views known = views;
    if (known == null) {
      return true;
    }
    if (!Pending.tryClose(known.arena)) {
      return false;
    }
    // Last, so that whoever finds no owner for a segment of ours also finds it dead.
    ScopeOwners.remove(known.arena.scope());
    views = null;
    return true;
  }

  @Override
  protected final void ended() {
    // Whoever made the arena held this meanwhile, so it is seen here; most have none.
    Views known = views;
    if (known == null) {
      free();
    } else {
      known.settle();
    }
  }

  @Override
  protected String endedReason() {
    return "its memory has been given back";
  }

  /** Gives the memory back. Called once, when nobody holds it and no view of it is left. */
  protected abstract void free();
}
