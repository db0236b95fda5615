package dev.segue.gateway;

import dev.segue.zenoh.KeyExpr;
import java.util.List;

/** What may be read or written: by inclusion, as Zenoh itself understands it. */
final class Access {
  private Access() {}

  /** Whether one of the expressions includes all keys of {@code key}. */
  static boolean allows(List<KeyExpr> allowed, KeyExpr key) {
    return allowed.stream().anyMatch(each -> each.includes(key));
  }
}
