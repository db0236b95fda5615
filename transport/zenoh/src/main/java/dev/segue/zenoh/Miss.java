package dev.segue.zenoh;

/**
 * Samples that an advanced subscriber missed for good.
 *
 * @param source their publisher
 * @param count how many
 */
public record Miss(EntityGlobalId source, long count) {}
