package dev.segue.zenoh;

import org.jspecify.annotations.Nullable;

/**
 * Options of a publisher that serves {@link AdvancedSubscriber}s beyond publishing.
 *
 * @param options applied to every sample
 * @param cache which samples it keeps for them, or null for none. Without {@code
 *     sampleMissDetection}, samples are ordered by the session's clock, which needs {@link
 *     Config#timestamping}
 * @param sampleMissDetection how they detect missed samples, or null for not at all
 * @param publisherDetection whether they can detect it, by a liveliness token
 * @param publisherDetectionMetadata metadata at the end of that token's key, or null
 */
public record AdvancedPublisherOptions(
    PublisherOptions options,
    @Nullable CacheConfig cache,
    @Nullable MissDetectionConfig sampleMissDetection,
    boolean publisherDetection,
    @Nullable KeyExpr publisherDetectionMetadata) {
  /** A publisher that does nothing more, with {@link PublisherOptions#defaults()}. */
  public static AdvancedPublisherOptions defaults() {
    return of(PublisherOptions.defaults());
  }

  /** A publisher that does nothing more. */
  public static AdvancedPublisherOptions of(PublisherOptions options) {
    return new AdvancedPublisherOptions(options, null, null, false, null);
  }

  /** With a cache. */
  public AdvancedPublisherOptions cache(CacheConfig value) {
    return new AdvancedPublisherOptions(
        options, value, sampleMissDetection, publisherDetection, publisherDetectionMetadata);
  }

  /** With numbers in its samples. */
  public AdvancedPublisherOptions sampleMissDetection(MissDetectionConfig value) {
    return new AdvancedPublisherOptions(
        options, cache, value, publisherDetection, publisherDetectionMetadata);
  }

  /** With a liveliness token. */
  public AdvancedPublisherOptions detectable() {
    return new AdvancedPublisherOptions(
        options, cache, sampleMissDetection, true, publisherDetectionMetadata);
  }

  /** With a liveliness token that ends with {@code metadata}. */
  public AdvancedPublisherOptions detectable(KeyExpr metadata) {
    return new AdvancedPublisherOptions(options, cache, sampleMissDetection, true, metadata);
  }
}
