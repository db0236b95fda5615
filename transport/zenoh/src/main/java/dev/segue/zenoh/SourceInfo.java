package dev.segue.zenoh;

/**
 * The source of a sample.
 *
 * @param node the node
 * @param entityId the publisher or session on that node
 * @param sequenceNumber the number that the publisher gave the sample, unsigned 32 bits
 */
public record SourceInfo(ZenohId node, int entityId, int sequenceNumber) {}
