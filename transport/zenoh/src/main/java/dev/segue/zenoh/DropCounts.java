package dev.segue.zenoh;

/**
 * The number of a publisher's samples that the links of this session dropped, those of {@link
 * Publisher#tryPut(dev.segue.bytes.SegmentedBytes)} included. A sample that several links dropped
 * counts for each of them. The counts never decrease.
 *
 * @param refusals drops of links that had no room
 * @param filtered drops of filters of the configuration: access control, downsampling, low-pass
 */
public record DropCounts(long refusals, long filtered) {}
