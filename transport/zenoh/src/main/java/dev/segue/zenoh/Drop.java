package dev.segue.zenoh;

/**
 * A sample that links of this session dropped.
 *
 * @param keyExpr what it was published to
 * @param byteSize the size of its payload
 * @param refusals how many links had no room for it
 * @param filtered how many links a filter of the configuration held it back from
 */
public record Drop(KeyExpr keyExpr, long byteSize, int refusals, int filtered) {}
