package dev.segue.capnproto.topic;

import dev.segue.zenoh.Sample;

/**
 * Takes messages of one type, one at a time.
 *
 * @param <R> the generated class's reader
 */
@FunctionalInterface
public interface TopicHandler<R> {
  /**
   * One message, read where it lies: neither it, nor what it leads to, nor the sample may be used
   * after this returns.
   */
  void onMessage(R message, Sample sample);
}
