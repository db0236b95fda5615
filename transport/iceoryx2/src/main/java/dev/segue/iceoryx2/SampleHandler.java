package dev.segue.iceoryx2;

/** Takes samples, one at a time; each is closed when the handler returns. */
@FunctionalInterface
public interface SampleHandler {
  /** One sample, valid until this returns; {@link Subscriber#tryReceive()} gives one to keep. */
  void onSample(Sample sample);
}
