package dev.segue.lanes;

/** Takes samples, one at a time; each is closed when the handler returns. */
@FunctionalInterface
public interface LaneSampleHandler {
  /**
   * One sample, valid until this returns; {@link LaneSubscriber#tryReceive()} gives one to keep.
   */
  void onSample(LaneSample sample);
}
