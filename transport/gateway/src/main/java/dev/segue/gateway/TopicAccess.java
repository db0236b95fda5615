package dev.segue.gateway;

import dev.segue.zenoh.KeyExpr;
import java.util.List;

/**
 * Decides which keys a client may read and write: for requests and for WebSockets alike.
 *
 * @param readable what the gateway lets anybody read
 * @param writable what the gateway lets anybody write
 * @param askable what the gateway lets anybody send queries for, of what may be read
 */
record TopicAccess(List<KeyExpr> readable, List<KeyExpr> writable, List<KeyExpr> askable) {
  /**
   * Reads a key expression.
   *
   * @throws HttpException 400 if the text is none
   */
  static KeyExpr parse(String key) throws HttpException {
    try {
      return KeyExpr.of(key);
    } catch (IllegalArgumentException e) {
      throw HttpException.badRequest(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Checks that a client may read all keys of an expression.
   *
   * @throws HttpException 403 if it may not, 401 if its token has ended meanwhile
   */
  void checkReadable(GatewayExchange call, KeyExpr key) throws HttpException {
    call.checkStillAllowed(); // A WebSocket asks again and again, with what it has shown once.
    if (!isReadable(call, key)) {
      throw new HttpException(403, key + ": not among what may be read (--allow-read)");
    }
  }

  /** Returns whether a client may read all keys of an expression. */
  boolean isReadable(GatewayExchange call, KeyExpr key) {
    return Grant.includes(readable, key) && call.grant().allowsRead(key);
  }

  /**
   * Checks that a client may write a key.
   *
   * @throws HttpException 403 if it may not, 401 if its token has ended meanwhile, 400 if the
   *     expression names several keys
   */
  void checkWritable(GatewayExchange call, KeyExpr key) throws HttpException {
    call.checkStillAllowed();
    if (!Grant.includes(writable, key) || !call.grant().allowsWrite(key)) {
      throw new HttpException(403, key + ": not among what may be written (--allow-write)");
    }
    if (key.isWild()) {
      throw HttpException.badRequest(key + ": one key is needed to write");
    }
  }

  /**
   * Checks that a client may send a query for all keys of an expression.
   *
   * @throws HttpException 403 if it may not, 401 if its token has ended meanwhile
   */
  void checkAskable(GatewayExchange call, KeyExpr key) throws HttpException {
    checkReadable(call, key);
    if (!allowsQuery(call, key)) {
      throw new HttpException(403, key + ": not among what may be queried (--allow-query)");
    }
    if (call.isOfOtherSite()) {
      throw new HttpException(403, "queries of other sites are refused (--allow-origin)");
    }
  }

  /**
   * Returns whether a key that a client may read may be asked for as well. A page of another site
   * can make a browser open any address here; what it is answered it can't see, but a query may
   * act.
   */
  boolean isAskable(GatewayExchange call, KeyExpr key) {
    return allowsQuery(call, key) && !call.isOfOtherSite();
  }

  private boolean allowsQuery(GatewayExchange call, KeyExpr key) {
    return Grant.includes(askable, key) && call.grant().allowsQuery(key);
  }

  /** Returns whether a client may write anything at all. */
  boolean allowsWriting(GatewayExchange call) {
    return !writable.isEmpty() && !call.grant().writable().isEmpty();
  }
}
