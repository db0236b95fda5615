package dev.segue.iceoryx2;

import dev.segue.bytes.Loan;
import dev.segue.iceoryx2.IceoryxException.Kind;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Sends requests written into its shared memory, and receives the responses, without a copy.
 *
 * <pre>
 *   Loan loan = client.loan(byteSize);
 *   loan.segment().…                                       // fill
 *   try (PendingResponse pending = client.send(loan);
 *       Response response = pending.receive(timeout).orElseThrow()) {
 *     response.payload().…                                 // read where the server wrote it
 *   }
 * </pre>
 *
 * <p>As a {@link dev.segue.bytes.LoanPool} it gives out loans of up to {@link
 * ClientOptions#maxByteSize()} bytes, {@link RequestQos#loanedRequestCount()} at a time. A loan is
 * sent whole, so ask for the exact size.
 *
 * <p>Owner: the caller; its node closes it at the latest. Lifetime: until {@link #close()};
 * outstanding loans then keep its memory, but can't be sent, and pending responses continue.
 * Threads: any; a virtual one that waits for room keeps its carrier meanwhile.
 */
public final class Client extends Lender implements Child {
  private final Children siblings;
  private final String name;
  private final RequestQos qos;
  private final ClientOptions options;
  private final Handle handle;
  private final Received.Origin responses;

  /** Those that are open; the core's count of them falls before this. */
  private final AtomicInteger pendingCount = new AtomicInteger();

  /** One of its pending responses waits in the kernel at a time: they have one listener. */
  private final ReentrantLock waiting = new ReentrantLock();

  Client(Children siblings, String name, RequestQos qos, ClientOptions options, long address) {
    super(options.maxByteSize(), qos.loanedRequestCount());
    this.siblings = siblings;
    this.name = name;
    this.qos = qos;
    this.options = options;
    this.handle = new Handle("the client of " + name, address, NativeClient::free);
    this.responses = new Received.Origin("a response of " + name, 0, NativeClient::freeResponse);
  }

  /** Returns how it was made. */
  public ClientOptions options() {
    return options;
  }

  @Override
  long enter() {
    return handle.enter();
  }

  @Override
  void leave() {
    handle.release();
  }

  @Override
  long newLoan(long client, long byteSize) {
    return NativeClient.loan(client, byteSize);
  }

  @Override
  long deliver(long client, long loan) {
    return NativeClient.send(client, loan);
  }

  @Override
  void freeLoan(long loan) {
    NativeClient.freeLoan(loan);
  }

  /**
   * Gives a whole loan of this client to all servers, and ends it: after that each access to its
   * bytes is an {@link IllegalStateException}. Nothing is copied. Servers that come later don't get
   * it.
   *
   * @return what the responses come by; close it
   * @throws IllegalArgumentException if the loan is of another pool
   * @throws IllegalStateException if the loan is closed, was sent, or was handed over in part; if
   *     its bytes are lent to somebody else; if as many requests are pending as the service allows;
   *     if the client is closed. It was not sent then
   * @throws WrongThreadException if another thread called {@link Loan#segment()}
   * @throws IceoryxException if the core fails; the loan has ended
   */
  public PendingResponse send(Loan loan) throws IceoryxException {
    long client = handle.enter();
    try {
      reserve();
      long outcome = -1;
      try {
        LoanedMemory memory = memoryOf(loan);
        outcome = memory.send(loan, client);
        if (outcome < 0) {
          throw Native.failure(
              Kind.SEND, "request of byteSize=" + memory.byteSize() + " to " + name, outcome);
        }
      } finally {
        if (outcome < 0) {
          unreserve();
        }
      }
      return siblings.add(
          new PendingResponse(siblings, name, responses, waiting, this::unreserve, outcome),
          handle);
    } finally {
      handle.release();
    }
  }

  private void reserve() {
    int most = qos.activeRequestCount();
    if (pendingCount.getAndUpdate(count -> Math.min(most, count + 1)) >= most) {
      throw new IllegalStateException(
          "send of "
              + this
              + ": pendingCount="
              + most
              + " is what the service allows; close a PendingResponse first");
    }
  }

  private void unreserve() {
    pendingCount.decrementAndGet();
  }

  /**
   * Closes it: a send that waits for room gives up, and this waits for it, at most 10 s.
   * Idempotent.
   */
  @Override
  public void close() {
    handle.close(NativeClient::close);
    handle.awaitFreed();
    siblings.forget(this);
  }

  @Override
  public String toString() {
    return "Client[" + name + "]";
  }
}
