package dev.segue.zenoh;

/**
 * Samples that an advanced subscriber missed permanently.
 *
 * @param source their publisher
 * @param count how many
 */
public record Miss(EntityGlobalId source, long count) {}
