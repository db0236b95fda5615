package dev.segue.zenoh;

import java.util.function.BiConsumer;

/**
 * Options of a subscriber.
 *
 * @param backlog what to do when Java is slow
 * @param origin whose samples
 * @param onHandlerError gets what a handler on the library's thread throws, with the subscriber;
 *     the samples that follow go on
 */
public record SubscriberOptions(
    Backlog backlog, Locality origin, BiConsumer<Subscriber, Throwable> onHandlerError) {
  private static final System.Logger LOG = System.getLogger("dev.segue.zenoh");

  /** The last 256 samples, from anywhere, errors of handlers logged. */
  public static SubscriberOptions defaults() {
    return new SubscriberOptions(
        Backlog.last(256),
        Locality.ANY,
        (subscriber, error) ->
            LOG.log(System.Logger.Level.ERROR, "the handler of " + subscriber + " threw", error));
  }

  /** With another backlog. */
  public SubscriberOptions backlog(Backlog value) {
    return new SubscriberOptions(value, origin, onHandlerError);
  }

  /** With another origin. */
  public SubscriberOptions origin(Locality value) {
    return new SubscriberOptions(backlog, value, onHandlerError);
  }

  /** With another end for what a handler throws. */
  public SubscriberOptions onHandlerError(BiConsumer<Subscriber, Throwable> value) {
    return new SubscriberOptions(backlog, origin, value);
  }
}
