package dev.segue.zenoh;

/**
 * A node that a session is connected to, over one link or several.
 *
 * @param zid the node
 * @param mode what it is
 * @param isQos whether its links carry priorities
 * @param isMulticast whether it is reached by multicast
 * @param isSharedMemory whether payloads may go through shared memory
 */
public record Transport(
    ZenohId zid, Mode mode, boolean isQos, boolean isMulticast, boolean isSharedMemory) {}
