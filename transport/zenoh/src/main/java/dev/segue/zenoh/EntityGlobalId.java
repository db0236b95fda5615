package dev.segue.zenoh;

/**
 * The id of a queryable, publisher or other entity in the network.
 *
 * @param zid the node
 * @param eid the entity on that node, unsigned 32 bits
 */
public record EntityGlobalId(ZenohId zid, int eid) {}
