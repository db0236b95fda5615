package dev.segue.iceoryx2;

/** Takes samples, one at a time; each is closed when the handler returns. */
@FunctionalInterface
public interface SampleHandler {
  /**
   * One sample, valid until this returns and {@linkplain Sample#confine() confined} to this thread;
   * {@link Subscriber#tryReceive()} gives one to keep, or to read by segments on other threads.
   */
  void onSample(Sample sample);
}
