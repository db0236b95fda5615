package dev.segue.cli.store;

import java.util.Optional;

/**
 * The rules for copying objects.
 *
 * @param ifAbsent whether nothing is replaced
 * @param times whether files get the times that were stored with their objects, which takes one
 *     more request for each; else those of the objects
 * @param pinned whether only the version that was found is copied: it is deleted then
 * @param journals where interrupted copies are noted; empty if they are given up
 */
record CopyRules(boolean ifAbsent, boolean times, boolean pinned, Optional<Journals> journals) {
  static final CopyRules PLAIN = new CopyRules(false, false, false, Optional.empty());

  static CopyRules of(boolean ifAbsent, boolean times, boolean resume) {
    return new CopyRules(
        ifAbsent, times, false, resume ? Optional.of(Journals.ofUser()) : Optional.empty());
  }

  /** The same, pinned or not. */
  CopyRules pinned(boolean only) {
    return new CopyRules(ifAbsent, times, only, journals);
  }
}
