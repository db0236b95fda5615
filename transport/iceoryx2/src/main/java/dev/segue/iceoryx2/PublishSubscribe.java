package dev.segue.iceoryx2;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A publish-subscribe service of byte slices: all publishers and subscribers of one name in all
 * processes of this user on this host.
 *
 * <p>A process of another language takes part with a service of {@code [u8]} slices, with the same
 * {@link UserHeader} or with none. It wakes waiting subscribers of this library at once if it
 * notifies the event service of the same name after each send; without that, they poll every 20 ms.
 *
 * <p>Owner: the caller; its node closes it at the latest. Lifetime: until {@link #close()}; its
 * ports go on. Threads: any.
 */
public final class PublishSubscribe implements Child {
  private final Children siblings;
  private final String name;
  private final Qos qos;
  private final @Nullable UserHeader header;
  private final Handle handle;

  PublishSubscribe(
      Children siblings, String name, long address, Qos qos, @Nullable UserHeader header) {
    this.siblings = siblings;
    this.name = name;
    this.qos = qos;
    this.header = header;
    this.handle =
        new Handle("the publish-subscribe service " + name, address, NativePublishSubscribe::free);
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /** The settings that it has, which may offer more than was asked for. */
  public Qos qos() {
    return qos;
  }

  /** The user header of its messages. */
  public Optional<UserHeader> userHeader() {
    return Optional.ofNullable(header);
  }

  /** Returns the number of publishers now, in all processes. */
  public int publisherCount() {
    return (int) ports();
  }

  /** Returns the number of subscribers now, in all processes. */
  public int subscriberCount() {
    return (int) (ports() >>> 32);
  }

  private long ports() {
    long service = handle.enter();
    try {
      return NativePublishSubscribe.ports(service);
    } finally {
      handle.release();
    }
  }

  /**
   * Returns how much shared memory a publisher with these options takes, a little rounded up.
   *
   * @throws IllegalArgumentException if it is more than can be addressed
   */
  public long memoryByteSize(PublisherOptions options) throws IceoryxException {
    long service = handle.enter();
    try {
      return NativePublishSubscribe.cost(service, options.maxByteSize(), options.loanCount());
    } finally {
      handle.release();
    }
  }

  /**
   * A publisher. All its memory is taken here, so that none is missing when it is written to.
   *
   * @throws IllegalArgumentException if its memory is more than can be addressed
   * @throws IceoryxException if {@code /dev/shm} has not that much room, or there are as many
   *     publishers as the service allows
   * @throws IllegalStateException if the service is closed
   */
  public Publisher newPublisher(PublisherOptions options) throws IceoryxException {
    Objects.requireNonNull(options, "options");
    long service = handle.enter();
    try {
      long publisher = NativePublisher.create(service, name, options);
      return siblings.add(new Publisher(siblings, name, options, header, publisher), handle);
    } finally {
      handle.release();
    }
  }

  /**
   * A subscriber.
   *
   * @throws IceoryxException if there are as many subscribers as the service allows
   * @throws IllegalStateException if the service is closed
   */
  public Subscriber newSubscriber() throws IceoryxException {
    long service = handle.enter();
    try {
      long subscriber = NativeSubscriber.create(service, name);
      return siblings.add(
          new Subscriber(siblings, name, header == null ? 0 : header.byteSize(), subscriber),
          handle);
    } finally {
      handle.release();
    }
  }

  /** Lets go of the service; it ends when the last process has. Idempotent. */
  @Override
  public void close() {
    handle.close(_ -> {});
    siblings.forget(this);
  }

  @Override
  public String toString() {
    return "PublishSubscribe[" + name + "]";
  }
}
