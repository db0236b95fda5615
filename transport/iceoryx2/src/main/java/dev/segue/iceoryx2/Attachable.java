package dev.segue.iceoryx2;

/** Something that a {@link WaitSet} can wait for. */
public sealed interface Attachable permits Subscriber, Listener, Server, PendingResponse {}
