package dev.segue.zenoh;

/** Takes samples, one at a time; each ends when the handler returns. */
@FunctionalInterface
public interface SampleHandler {
  /** One sample, valid until this returns; {@link Sample#retain()} keeps it for longer. */
  void onSample(Sample sample);
}
