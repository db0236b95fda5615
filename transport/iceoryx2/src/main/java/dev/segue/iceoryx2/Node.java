package dev.segue.iceoryx2;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One participant of iceoryx2: what others see of this process, and what they clean up when it
 * dies.
 *
 * <p>It opens services. Nothing of it runs in the background, and it doesn't change the process's
 * signal handlers. Processes that are to see each other must run as the same user with the same
 * version of iceoryx2 and the same {@linkplain NodeOptions#prefix() prefix}; there is no access
 * control among them.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}, which closes its services and their
 * ports; then {@link IllegalStateException}. Threads: any.
 */
public final class Node implements AutoCloseable {
  private final Handle handle;
  private final Children children = new Children();

  /**
   * The result of a clean-up.
   *
   * @param removedCount dead nodes whose files are gone now
   * @param failedCount dead nodes whose files could not be removed, or that another process is
   *     removing
   */
  public record CleanUp(int removedCount, int failedCount) {}

  private Node(NodeOptions options, long address) {
    this.handle =
        new Handle(
            options.name().isEmpty() ? "the node" : "the node " + options.name(),
            address,
            NativeNode::free);
  }

  /** A node of {@link NodeOptions#defaults()}. */
  public static Node create() throws IceoryxException {
    return create(NodeOptions.defaults());
  }

  /**
   * Creates a node, and removes what dead processes left under the same prefix.
   *
   * @throws IllegalArgumentException if the name or the prefix is invalid
   * @throws IceoryxException if its files can't be created, or there is no room in shared memory
   */
  public static Node create(NodeOptions options) throws IceoryxException {
    Objects.requireNonNull(options, "options");
    return new Node(options, NativeNode.create(options));
  }

  /**
   * Opens a publish-subscribe service of byte slices, or makes it if it doesn't exist.
   *
   * @param name 1 to 255 ASCII characters
   * @throws IllegalArgumentException if the name can't be one
   * @throws IceoryxException if it exists with settings that offer less, with another overflow, or
   *     by another version of iceoryx2, or can't be made
   * @throws IllegalStateException if the node is closed
   */
  public PublishSubscribe publishSubscribe(String name, Qos qos) throws IceoryxException {
    return open(name, qos, null);
  }

  /**
   * Opens a publish-subscribe service of byte slices with a user header, or makes it if it doesn't
   * exist.
   *
   * @param name 1 to 255 ASCII characters
   * @throws IllegalArgumentException if the name, or that of the header's type, can't be one
   * @throws IceoryxException as of {@link #publishSubscribe(String, Qos)}, and if it exists with
   *     another user header
   * @throws IllegalStateException if the node is closed
   */
  public PublishSubscribe publishSubscribe(String name, Qos qos, UserHeader header)
      throws IceoryxException {
    return open(name, qos, Objects.requireNonNull(header, "header"));
  }

  private PublishSubscribe open(String name, Qos qos, @Nullable UserHeader header)
      throws IceoryxException {
    long node = handle.enter();
    try {
      var opened = NativePublishSubscribe.open(node, name, qos, header);
      return children.add(
          new PublishSubscribe(children, name, opened.address(), opened.qos(), header), handle);
    } finally {
      handle.release();
    }
  }

  /**
   * Opens an event service, or makes it if it doesn't exist.
   *
   * @param name 1 to 255 ASCII characters
   * @throws IllegalArgumentException if the name can't be one
   * @throws IceoryxException if it exists with settings that offer less, or can't be made
   * @throws IllegalStateException if the node is closed
   */
  public EventService events(String name, EventQos qos) throws IceoryxException {
    long node = handle.enter();
    try {
      return children.add(
          new EventService(children, name, NativeEvents.open(node, name, qos)), handle);
    } finally {
      handle.release();
    }
  }

  /**
   * Opens a request-response service of byte slices, or makes it if it doesn't exist.
   *
   * @param name 1 to 245 ASCII characters
   * @throws IllegalArgumentException if the name can't be one
   * @throws IceoryxException if it exists with settings that offer less, with another overflow, or
   *     by another version of iceoryx2, or can't be made
   * @throws IllegalStateException if the node is closed
   */
  public RequestResponse requestResponse(String name, RequestQos qos) throws IceoryxException {
    long node = handle.enter();
    try {
      var opened = NativeRequestResponse.open(node, name, qos);
      return children.add(
          new RequestResponse(children, name, opened.address(), opened.qos()), handle);
    } finally {
      handle.release();
    }
  }

  /**
   * A wait set: waits for many ports at once.
   *
   * @throws IllegalStateException if the node is closed
   */
  public WaitSet newWaitSet() {
    handle.enter();
    try {
      return children.add(new WaitSet(children), handle);
    } finally {
      handle.release();
    }
  }

  /**
   * Removes what dead processes left: places that they took in services, and shared memory. A
   * process that is merely stopped is not dead.
   */
  public CleanUp cleanUpDeadNodes() throws IceoryxException {
    long node = handle.enter();
    try {
      long packed = NativeNode.clean(node);
      return new CleanUp((int) packed, (int) (packed >>> 32));
    } finally {
      handle.release();
    }
  }

  /** Closes the ports and services that it opened, and itself. Idempotent. */
  @Override
  public void close() {
    handle.close(_ -> {});
    children.closeAll();
  }

  @Override
  public String toString() {
    return "Node[" + handle + "]";
  }
}
