package dev.segue.zenoh;

import java.util.Optional;

/**
 * An endpoint of {@link Config#connect}, and whether it is connected.
 *
 * @param endpoint as {@link Config#connect} has it, with {@code ***} for a private key
 * @param isReached whether a link leads there, or the node there is connected by another link
 * @param failure why the last attempt failed, if one did since the last connection
 */
public record Endpoint(String endpoint, boolean isReached, Optional<String> failure) {}
