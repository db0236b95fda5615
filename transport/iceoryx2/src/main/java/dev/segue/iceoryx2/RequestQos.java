package dev.segue.iceoryx2;

/**
 * Quality of service of a {@link RequestResponse} service. The process that creates the service
 * sets it; a process that opens it later may ask for at most as much, and must ask for the same
 * last three settings.
 *
 * <p>A client reserves {@code 2 × serverCount × activeRequestCount + loanedRequestCount} messages
 * of its largest size, a server {@code 2 × clientCount × activeRequestCount × (responseBufferCount
 * + borrowedResponseCount + its loans of a request)}. {@link RequestResponse#memoryByteSize} has
 * the bytes.
 *
 * @param clientCount clients of all processes at most
 * @param serverCount servers of all processes at most; each gets each request
 * @param nodeCount nodes that have the service open at most
 * @param activeRequestCount requests of one client whose {@link PendingResponse} is open at most
 * @param loanedRequestCount loans of one client that are out at most
 * @param responseBufferCount responses of one server that wait for one request at most
 * @param borrowedResponseCount responses of one server to one request that are open at most
 * @param safeOverflowForRequests whether a request replaces the oldest one where a server's buffer
 *     is full; else the client waits for room as long as its patience
 * @param safeOverflowForResponses whether a response replaces the oldest one where the buffer is
 *     full; else the server waits for room as long as its patience
 * @param fireAndForget whether a server also gets requests whose {@link PendingResponse} was closed
 */
public record RequestQos(
    int clientCount,
    int serverCount,
    int nodeCount,
    int activeRequestCount,
    int loanedRequestCount,
    int responseBufferCount,
    int borrowedResponseCount,
    boolean safeOverflowForRequests,
    boolean safeOverflowForResponses,
    boolean fireAndForget) {
  private static final RequestQos DEFAULTS =
      new RequestQos(2, 1, 20, 2, 1, 1, 1, false, false, false);

  /**
   * Checked numbers.
   *
   * @throws IllegalArgumentException if a count is not positive or above 65,536
   */
  public RequestQos {
    Bounds.check("clientCount", clientCount, 1);
    Bounds.check("serverCount", serverCount, 1);
    Bounds.check("nodeCount", nodeCount, 1);
    Bounds.check("activeRequestCount", activeRequestCount, 1);
    Bounds.check("loanedRequestCount", loanedRequestCount, 1);
    Bounds.check("responseBufferCount", responseBufferCount, 1);
    Bounds.check("borrowedResponseCount", borrowedResponseCount, 1);
  }

  /**
   * Two clients, one server, 20 nodes, two active requests and one loan a client, one response that
   * waits and one that is open a request, no overflow, no request without a waiting client.
   */
  public static RequestQos defaults() {
    return DEFAULTS;
  }

  /** This with other numbers of clients and servers. */
  public RequestQos withPorts(int clients, int servers) {
    return new RequestQos(
        clients,
        servers,
        nodeCount,
        activeRequestCount,
        loanedRequestCount,
        responseBufferCount,
        borrowedResponseCount,
        safeOverflowForRequests,
        safeOverflowForResponses,
        fireAndForget);
  }

  /** This with other numbers of active requests and of loans, of a client. */
  public RequestQos withRequests(int active, int loaned) {
    return new RequestQos(
        clientCount,
        serverCount,
        nodeCount,
        active,
        loaned,
        responseBufferCount,
        borrowedResponseCount,
        safeOverflowForRequests,
        safeOverflowForResponses,
        fireAndForget);
  }

  /** This with other numbers of responses that wait and that are open, of a request. */
  public RequestQos withResponses(int buffered, int borrowed) {
    return new RequestQos(
        clientCount,
        serverCount,
        nodeCount,
        activeRequestCount,
        loanedRequestCount,
        buffered,
        borrowed,
        safeOverflowForRequests,
        safeOverflowForResponses,
        fireAndForget);
  }

  /** This with or without safe overflow of requests and of responses. */
  public RequestQos withSafeOverflow(boolean ofRequests, boolean ofResponses) {
    return new RequestQos(
        clientCount,
        serverCount,
        nodeCount,
        activeRequestCount,
        loanedRequestCount,
        responseBufferCount,
        borrowedResponseCount,
        ofRequests,
        ofResponses,
        fireAndForget);
  }

  /** This with or without requests that nobody waits for. */
  public RequestQos withFireAndForget(boolean newFireAndForget) {
    return new RequestQos(
        clientCount,
        serverCount,
        nodeCount,
        activeRequestCount,
        loanedRequestCount,
        responseBufferCount,
        borrowedResponseCount,
        safeOverflowForRequests,
        safeOverflowForResponses,
        newFireAndForget);
  }
}
