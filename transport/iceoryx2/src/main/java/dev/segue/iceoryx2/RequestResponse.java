package dev.segue.iceoryx2;

import java.util.Objects;

/**
 * A request-response service of byte slices: all clients and servers of one name in all processes
 * of this user on this host. Each server gets each request, and answers it with any number of
 * responses.
 *
 * <p>A process of another language takes part with a service of {@code [u8]} slices both ways,
 * without user headers. It wakes waiting servers of this library at once by the event service
 * {@code <name>/requests}, and waiting clients by {@code <name>/responses}; without that, they poll
 * every 20 ms.
 *
 * <p>Owner: the caller; its node closes it at the latest. Lifetime: until {@link #close()}; its
 * ports go on. Threads: any.
 */
public final class RequestResponse implements Child {
  private final Children siblings;
  private final String name;
  private final RequestQos qos;
  private final Handle handle;

  RequestResponse(Children siblings, String name, long address, RequestQos qos) {
    this.siblings = siblings;
    this.name = name;
    this.qos = qos;
    this.handle =
        new Handle("the request-response service " + name, address, NativeRequestResponse::free);
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /** The settings that it has, which may offer more than was asked for. */
  public RequestQos qos() {
    return qos;
  }

  /** Returns how many clients there are now, in all processes. */
  public int clientCount() {
    return (int) ports();
  }

  /** Returns how many servers there are now, in all processes. */
  public int serverCount() {
    return (int) (ports() >>> 32);
  }

  private long ports() {
    long service = handle.enter();
    try {
      return NativeRequestResponse.ports(service);
    } finally {
      handle.release();
    }
  }

  /**
   * Returns how much shared memory a client with these options takes, a little rounded up.
   *
   * @throws IllegalArgumentException if it is more than can be addressed
   */
  public long memoryByteSize(ClientOptions options) throws IceoryxException {
    long service = handle.enter();
    try {
      return NativeRequestResponse.cost(service, options);
    } finally {
      handle.release();
    }
  }

  /**
   * Returns how much shared memory a server with these options takes, a little rounded up.
   *
   * @throws IllegalArgumentException if it is more than can be addressed
   */
  public long memoryByteSize(ServerOptions options) throws IceoryxException {
    long service = handle.enter();
    try {
      return NativeRequestResponse.cost(service, options);
    } finally {
      handle.release();
    }
  }

  /**
   * A client. All its memory is taken here, so that none is missing when it is written to.
   *
   * @throws IllegalArgumentException if its memory is more than can be addressed
   * @throws IceoryxException if {@code /dev/shm} has not that much room, or there are as many
   *     clients as the service allows
   * @throws IllegalStateException if the service is closed
   */
  public Client newClient(ClientOptions options) throws IceoryxException {
    Objects.requireNonNull(options, "options");
    long service = handle.enter();
    try {
      long client = NativeClient.create(service, name, options);
      return siblings.add(new Client(siblings, name, qos, options, client), handle);
    } finally {
      handle.release();
    }
  }

  /**
   * A server. All its memory is taken here, so that none is missing when it is written to.
   *
   * @throws IllegalArgumentException if its memory is more than can be addressed
   * @throws IceoryxException if {@code /dev/shm} has not that much room, or there are as many
   *     servers as the service allows
   * @throws IllegalStateException if the service is closed
   */
  public Server newServer(ServerOptions options) throws IceoryxException {
    Objects.requireNonNull(options, "options");
    long service = handle.enter();
    try {
      long server = NativeServer.create(service, name, options);
      return siblings.add(new Server(siblings, name, options, server), handle);
    } finally {
      handle.release();
    }
  }

  /** Lets go of the service; it ends when the last process has. Idempotent. */
  @Override
  public void close() {
    handle.close(_ -> {});
    siblings.forget(this);
  }

  @Override
  public String toString() {
    return "RequestResponse[" + name + "]";
  }
}
