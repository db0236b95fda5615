package dev.segue.zenoh;

/**
 * Options applied to every sample of a publisher.
 *
 * @param encoding what the payloads are
 * @param qos how they travel
 */
public record PublisherOptions(Encoding encoding, Qos qos) {
  /** Zenoh's defaults: bytes, dropped under congestion. */
  public static PublisherOptions defaults() {
    return new PublisherOptions(Encoding.ZENOH_BYTES, Qos.defaults());
  }

  /** Defaults, but a put blocks rather than drops when the network can't keep up. */
  public static PublisherOptions blocking() {
    return defaults().qos(Qos.defaults().congestionControl(CongestionControl.BLOCK));
  }

  /** With another encoding. */
  public PublisherOptions encoding(Encoding value) {
    return new PublisherOptions(value, qos);
  }

  /**
   * Replaces the whole quality of service, also what {@link #blocking()} set; to change a part of
   * it pass {@code options.qos().priority(…)} and the like.
   */
  public PublisherOptions qos(Qos value) {
    return new PublisherOptions(encoding, value);
  }
}
