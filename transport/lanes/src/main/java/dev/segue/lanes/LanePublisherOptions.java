package dev.segue.lanes;

import dev.segue.iceoryx2.Qos;
import dev.segue.zenoh.PublisherOptions;
import java.time.Duration;
import java.util.Objects;

/**
 * Options of a {@link LanePublisher}.
 *
 * <p>It reserves shared memory for {@code (readerCount + 1) × (bufferCount + max(borrowedCount,
 * loanCount)) + loanCount} messages of {@code maxByteSize} and {@code metadataByteSize}: the
 * additional reader is the publisher itself, which thereby keeps what Zenoh still reads.
 *
 * @param maxByteSize the largest payload
 * @param loanCount messages that are being filled, or that Zenoh still reads, at most; 1 to 512
 * @param metadataByteSize the largest attachment and encoding, together
 * @param readerCount readers of this host at most; others stay on Zenoh
 * @param bufferCount messages that wait for a reader of this host at most
 * @param borrowedCount samples that a reader of this host has open at most
 * @param safeOverflow whether a message replaces the oldest one where the buffer of a reader of
 *     this host is full; else the put waits for it
 * @param patience how long such a put waits
 * @param zenoh the Zenoh lane's encoding, which is also the other's, and quality of service
 */
public record LanePublisherOptions(
    long maxByteSize,
    int loanCount,
    int metadataByteSize,
    int readerCount,
    int bufferCount,
    int borrowedCount,
    boolean safeOverflow,
    Duration patience,
    PublisherOptions zenoh) {
  private static final int MOST_LOANS = 512;
  private static final int MOST_METADATA = 1 << 20;

  /**
   * Checked numbers.
   *
   * @throws IllegalArgumentException if one is outside its bounds
   */
  public LanePublisherOptions {
    Objects.requireNonNull(zenoh, "zenoh");
    Objects.requireNonNull(patience, "patience");
    if (maxByteSize <= 0 || maxByteSize > Long.MAX_VALUE / 2) {
      throw new IllegalArgumentException("maxByteSize=" + maxByteSize + ": must be positive");
    }
    if (loanCount < 1 || loanCount > MOST_LOANS) {
      throw new IllegalArgumentException("loanCount=" + loanCount + ": 1 to " + MOST_LOANS);
    }
    if (metadataByteSize < 0 || metadataByteSize > MOST_METADATA) {
      throw new IllegalArgumentException(
          "metadataByteSize=" + metadataByteSize + ": 0 to " + MOST_METADATA);
    }
    if (readerCount < 1 || readerCount >= 1 << 10) {
      throw new IllegalArgumentException("readerCount=" + readerCount + ": 1 to 1023");
    }
    Qos.defaults().withBuffer(bufferCount, borrowedCount).withPorts(1, readerCount);
  }

  /**
   * Payloads up to a size, two loans, 1 KiB of metadata, four readers of this host that buffer four
   * messages and open two, safe overflow, one second of patience; Zenoh blocks where the network
   * can't keep up.
   */
  public static LanePublisherOptions of(long maxByteSize) {
    return new LanePublisherOptions(
        maxByteSize, 2, 1024, 4, 4, 2, true, Duration.ofSeconds(1), PublisherOptions.blocking());
  }

  /** These with another number of loans. */
  public LanePublisherOptions withLoanCount(int loans) {
    return new LanePublisherOptions(
        maxByteSize,
        loans,
        metadataByteSize,
        readerCount,
        bufferCount,
        borrowedCount,
        safeOverflow,
        patience,
        zenoh);
  }

  /** These with another room for attachments and encodings. */
  public LanePublisherOptions withMetadata(int byteSize) {
    return new LanePublisherOptions(
        maxByteSize,
        loanCount,
        byteSize,
        readerCount,
        bufferCount,
        borrowedCount,
        safeOverflow,
        patience,
        zenoh);
  }

  /** These with other numbers of readers, of messages that wait, and of samples that are open. */
  public LanePublisherOptions withReaders(int readers, int buffered, int borrowed) {
    return new LanePublisherOptions(
        maxByteSize,
        loanCount,
        metadataByteSize,
        readers,
        buffered,
        borrowed,
        safeOverflow,
        patience,
        zenoh);
  }

  /**
   * Returns these options without safe overflow: a put waits at most that long for a reader on this
   * host.
   */
  public LanePublisherOptions waiting(Duration newPatience) {
    return new LanePublisherOptions(
        maxByteSize,
        loanCount,
        metadataByteSize,
        readerCount,
        bufferCount,
        borrowedCount,
        false,
        newPatience,
        zenoh);
  }

  /** These with other options of the Zenoh lane. */
  public LanePublisherOptions withZenoh(PublisherOptions options) {
    return new LanePublisherOptions(
        maxByteSize,
        loanCount,
        metadataByteSize,
        readerCount,
        bufferCount,
        borrowedCount,
        safeOverflow,
        patience,
        options);
  }

  /** The service that a publisher with these makes. */
  Qos qos() {
    return Qos.defaults()
        .withPorts(1, readerCount + 1)
        .withNodes(readerCount + 2)
        .withBuffer(bufferCount, Math.max(borrowedCount, loanCount))
        .withSafeOverflow(safeOverflow);
  }

  /** Those of its iceoryx2 publisher. */
  dev.segue.iceoryx2.PublisherOptions near() {
    return new dev.segue.iceoryx2.PublisherOptions(
        Trailer.wholeByteSize(maxByteSize, metadataByteSize), loanCount, patience);
  }
}
