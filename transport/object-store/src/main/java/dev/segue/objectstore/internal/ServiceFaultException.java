package dev.segue.objectstore.internal;

import org.jspecify.annotations.Nullable;

/** Carries a service's refusal from a provider, which knows the SDK, to those that know none. */
public final class ServiceFaultException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient ServiceFault fault;

  /** The fault that an SDK's exception tells of. */
  public ServiceFaultException(ServiceFault fault, @Nullable Throwable cause) {
    super(fault.toString(), cause);
    this.fault = fault;
  }

  /** Returns what the service said. */
  public ServiceFault fault() {
    return fault;
  }
}
