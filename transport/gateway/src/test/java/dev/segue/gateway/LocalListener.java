package dev.segue.gateway;

import java.net.InetAddress;

/** Listens from this host, to samples alone. */
abstract class LocalListener implements TopicListener {
  @Override
  public void onMissed(Topic topic, long count, long sequence) {}

  @Override
  public InetAddress client() {
    return InetAddress.getLoopbackAddress();
  }

  @Override
  public void onEnd() {}
}
