package dev.segue.zenoh;

/** Which keys the replies to a query may have. */
public enum ReplyKeyExpr {
  /** Any; the selector then carries the parameter {@code _anyke}. */
  ANY,
  /** Those that match the key expression of the query. */
  MATCHING_QUERY
}
