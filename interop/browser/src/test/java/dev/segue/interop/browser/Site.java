package dev.segue.interop.browser;

import dev.segue.gateway.Gateway;
import dev.segue.gateway.GatewayOptions;
import dev.segue.http2.Tls;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.Session;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.UnaryOperator;

/** A gateway with a certificate and a Zenoh session of its own, connected to a robot. */
record Site(Session session, Gateway gateway) implements AutoCloseable {
  static Site open(Robot robot, UnaryOperator<GatewayOptions> settings) throws Exception {
    Session session = Session.open(Config.isolated().sharedMemory(false).connect(robot.endpoint()));
    boolean opened = false;
    try {
      GatewayOptions options = GatewayOptions.defaults().tls(Tls.selfSigned("localhost"));
      Site site = new Site(session, Gateway.start(session, settings.apply(options)));
      opened = true;
      return site;
    } finally {
      if (!opened) {
        session.close();
      }
    }
  }

  static UnaryOperator<GatewayOptions> at(int port) {
    return options ->
        options.address(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  int port() {
    return gateway.address().getPort();
  }

  String address() {
    return "https://localhost:" + port() + "/";
  }

  @Override
  public void close() {
    gateway.close();
    session.close();
  }
}
