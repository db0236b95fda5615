package dev.segue.http2;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.OpenSsl;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.RejectedExecutionException;

/** The kernel's own event queue where there is one, NIO elsewhere. */
final class Loops {
  /** Set by tests: as where neither epoll nor BoringSSL is to be had. */
  private static final boolean PORTABLE = Boolean.getBoolean("segue.http2.portable");

  private Loops() {}

  static EventLoopGroup start(int threadCount) {
    IoHandlerFactory handlers =
        hasEpoll() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    return new MultiThreadIoEventLoopGroup(threadCount, handlers);
  }

  static Class<? extends ServerChannel> serverChannel() {
    return hasEpoll() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  static Class<? extends SocketChannel> channel() {
    return hasEpoll() ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  /**
   * Runs a task on the loop, now if this is its thread; where it has ended, after its last task: no
   * other thread has then what was the loop's.
   */
  static void runEvenAfter(EventExecutor loop, Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
      return;
    }
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      loop.terminationFuture().addListener(_ -> task.run());
    }
  }

  private static boolean hasEpoll() {
    return !PORTABLE && Epoll.isAvailable();
  }

  static boolean hasBoringSsl() {
    return !PORTABLE && OpenSsl.isAvailable();
  }
}
