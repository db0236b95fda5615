package dev.segue.zenoh;

/**
 * A sample that links of this session dropped.
 *
 * @param keyExpr the key it was published under
 * @param byteSize the size of its payload
 * @param refusals how many links had no room for it
 * @param filtered for how many links a filter of the configuration dropped it
 */
public record Drop(KeyExpr keyExpr, long byteSize, int refusals, int filtered) {}
