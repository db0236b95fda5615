package dev.segue.capnproto.topic;

import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.ReadLimits;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.SubscriberOptions;
import java.util.function.BiConsumer;

/**
 * Options for receiving messages of a type.
 *
 * @param subscriber options of the subscriber that receives the samples
 * @param limits what a message may ask for
 * @param onRefused gets each sample whose message is faulty with its {@link CapnProtoException},
 *     and the first sample of each other type with its {@link WrongTypeException}, on the thread
 *     that receives; the samples that follow go on
 */
public record TopicOptions(
    SubscriberOptions subscriber, ReadLimits limits, BiConsumer<Sample, Exception> onRefused) {
  private static final System.Logger LOG = System.getLogger("dev.segue.capnproto.topic");

  /** {@link SubscriberOptions#defaults()}, {@link ReadLimits#defaults()}, refusals logged. */
  public static TopicOptions defaults() {
    return new TopicOptions(
        SubscriberOptions.defaults(),
        ReadLimits.defaults(),
        (sample, reason) ->
            LOG.log(
                System.Logger.Level.WARNING,
                () -> "sample of " + sample.keyExpr() + " refused: " + reason.getMessage()));
  }

  /** With other options of the subscriber. */
  public TopicOptions subscriber(SubscriberOptions value) {
    return new TopicOptions(value, limits, onRefused);
  }

  /** With other limits. */
  public TopicOptions limits(ReadLimits value) {
    return new TopicOptions(subscriber, value, onRefused);
  }

  /** With another end for samples that are refused. */
  public TopicOptions onRefused(BiConsumer<Sample, Exception> value) {
    return new TopicOptions(subscriber, limits, value);
  }
}
