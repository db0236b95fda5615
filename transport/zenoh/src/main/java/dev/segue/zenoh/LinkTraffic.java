package dev.segue.zenoh;

import java.util.Optional;

/**
 * The traffic of a link since it was opened.
 *
 * @param zid the node at the other end; empty for a multicast link, which leads to several
 * @param source this end's locator, as in {@link Link#source()}
 * @param destination the other end's, as in {@link Link#destination()}
 * @param traffic the counts
 */
public record LinkTraffic(
    Optional<ZenohId> zid, String source, String destination, Traffic traffic) {}
