package dev.segue.gateway;

import java.time.Instant;
import java.util.Optional;

/**
 * A secret and what those may do who show it.
 *
 * @param until when it ends; never if empty
 */
record AccessToken(Token token, Grant grant, Optional<Instant> until) {
  boolean isValid(Instant now) {
    return until.isEmpty() || now.isBefore(until.get());
  }

  /** Returns whether another one, perhaps of the file as it was read again, says the same. */
  boolean isSame(AccessToken other) {
    return token.isSame(other.token) && grant.equals(other.grant) && until.equals(other.until);
  }
}
