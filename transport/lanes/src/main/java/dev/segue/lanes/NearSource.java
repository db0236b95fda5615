package dev.segue.lanes;

import dev.segue.bytes.spi.Lend;
import dev.segue.iceoryx2.IceoryxException;
import dev.segue.iceoryx2.Node;
import dev.segue.iceoryx2.PublishSubscribe;
import dev.segue.iceoryx2.Qos;
import dev.segue.iceoryx2.Sample;
import dev.segue.iceoryx2.Subscriber;
import dev.segue.zenoh.KeyExpr;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The iceoryx2 service of one publisher, as one subscriber reads it. */
final class NearSource implements AutoCloseable {
  private static final long LOOK_NANOS = Duration.ofMillis(100).toNanos();

  private final Announcement announcement;
  private final KeyExpr key;
  private final Node node;
  private final PublishSubscribe service;
  private final Subscriber subscriber;
  private boolean isAnnounced = true;
  private long lookedAt = System.nanoTime();

  /** A message, with what stands behind its payload. */
  record Message(LaneSample sample, int number, boolean isFirst) {}

  private NearSource(
      Announcement announcement, Node node, PublishSubscribe service, Subscriber subscriber) {
    this.announcement = announcement;
    this.key = KeyExpr.of(announcement.key());
    this.node = node;
    this.service = service;
    this.subscriber = subscriber;
  }

  /**
   * Opens it; null where no publisher is there: it has ended, is elsewhere, or a token lies.
   *
   * @throws IceoryxException if there are as many readers as it allows, or it can't be opened
   */
  static @Nullable NearSource open(Announcement announcement, Node node, Doorbell doorbell)
      throws IceoryxException {
    Qos least = new Qos(1, 1, 1, 1, 1, 0, announcement.offer() == Announcement.Offer.OVERFLOW);
    PublishSubscribe service = node.publishSubscribe(announcement.serviceName(), least);
    try {
      if (service.publisherCount() == 0) {
        service.close();
        return null;
      }
      Subscriber subscriber = service.newSubscriber();
      doorbell.add(subscriber);
      return new NearSource(announcement, node, service, subscriber);
    } catch (IceoryxException | RuntimeException | Error e) {
      service.close();
      throw e;
    }
  }

  /** Returns whether its publisher is there, or was killed and nobody looked since. */
  boolean hasPublisher() {
    return service.publisherCount() > 0;
  }

  Announcement announcement() {
    return announcement;
  }

  /** Returns how many messages may wait for a reader. */
  int bufferCount() {
    return service.qos().bufferCount();
  }

  /** Returns how many samples a reader may have open. */
  int borrowedCount() {
    return service.qos().borrowedCount();
  }

  void setAnnounced(boolean announced) {
    isAnnounced = announced;
  }

  /** The next message, or null; what isn't one is passed over. */
  @Nullable Message take() throws IceoryxException {
    Optional<Sample> next = subscriber.tryReceive();
    while (next.isPresent()) {
      Message message = read(next.get());
      if (message != null) {
        return message;
      }
      next = subscriber.tryReceive();
    }
    return null;
  }

  private @Nullable Message read(Sample sample) {
    boolean given = false;
    try {
      Trailer trailer =
          sample.payload().isEmpty() ? null : Trailer.read(Lend.segment(sample.payload(), 0));
      if (trailer == null || trailer.isHello()) {
        return null;
      }
      LaneSample read = LaneSample.near(key, announcement.session(), sample, trailer);
      given = true;
      return new Message(read, trailer.sequenceNumber(), trailer.isFirst());
    } finally {
      if (!given) {
        sample.close();
      }
    }
  }

  /** Returns whether it has to be looked at from time to time: it may end without a message. */
  boolean mayEnd() {
    return !isAnnounced;
  }

  /**
   * Returns whether its publisher is permanently gone; looked up ten times a second. A token that
   * is gone may mean that sessions don't reach each other: iceoryx2 knows better.
   */
  boolean isOver() throws IceoryxException {
    if (isAnnounced || System.nanoTime() - lookedAt < LOOK_NANOS) {
      return false;
    }
    if (service.publisherCount() > 0) {
      node.cleanUpDeadNodes();
    }
    lookedAt = System.nanoTime();
    return service.publisherCount() == 0;
  }

  @Override
  public void close() {
    subscriber.close();
    service.close();
  }
}
