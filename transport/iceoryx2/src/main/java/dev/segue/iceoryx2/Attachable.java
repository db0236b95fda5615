package dev.segue.iceoryx2;

/** What a {@link WaitSet} can wait for. */
public sealed interface Attachable permits Subscriber, Listener, Server, PendingResponse {}
