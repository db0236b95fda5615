package dev.segue.gateway;

import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Replies;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Timestamp;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Answers with the newest value that queryables replied with: by its timestamp, or of those without
 * one the last that came.
 */
final class OneReply extends QueryAnswer {
  private final SampleResponse response;
  private @Nullable LentSample newest;
  private boolean refused;

  OneReply(GatewayExchange call, KeyExpr key, Asking asking, SampleResponse response) {
    super(call, key, asking);
    this.response = response;
  }

  @Override
  void onSample(Sample sample) {
    LentSample before = newest;
    if (before != null && isOlder(sample, before)) {
      return;
    }
    Optional<LentSample> lent = asking.lend(sample, replyCount(), call.client());
    refused |= lent.isEmpty();
    if (lent.isPresent()) {
      newest = lent.get();
      if (before != null) {
        before.close();
      }
    }
  }

  private static boolean isOlder(Sample sample, LentSample than) {
    Timestamp known = than.metadata().published();
    Optional<Timestamp> its = sample.timestamp();
    return known != null && (its.isEmpty() || its.get().compareTo(known) < 0);
  }

  @Override
  String respond(Replies.State state) {
    LentSample lent = newest;
    newest = null;
    if (refused) { // Perhaps of a newer one.
      if (lent != null) {
        lent.close();
      }
      response.refuse();
      return "refused";
    }
    if (lent == null) {
      return "";
    }
    response.respondQueried(lent, nameOf(state));
    return "answered";
  }

  @Override
  void discard() {
    LentSample lent = newest;
    newest = null;
    if (lent != null) {
      lent.close();
    }
  }
}
