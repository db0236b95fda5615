package dev.segue.gateway;

import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Headers;
import dev.segue.zenoh.KeyExpr;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A response that is one sample: its payload, or a picture of it.
 *
 * <p>Owner: the request. Lifetime: the same. Threads: any.
 */
final class SampleResponse {
  private static final String ETAG_START = "\"" + KeptSample.RUN + "-";

  private final GatewayExchange call;
  private final KeyExpr key;
  private final @Nullable PictureRequest picture;
  private final PictureMaker maker;

  SampleResponse(
      GatewayExchange call, KeyExpr key, @Nullable PictureRequest picture, PictureMaker maker) {
    this.call = call;
    this.key = key;
    this.picture = picture;
    this.maker = maker;
  }

  GatewayExchange call() {
    return call;
  }

  KeyExpr key() {
    return key;
  }

  /** Answers that clients hold as much as they may. */
  void refuse() {
    call.refuse(
        new HttpException(
            503,
            "clients hold as many bytes of samples as they may",
            Headers.of("retry-after", "1")));
  }

  /** Answers with a topic's sample, and closes it when it is on its way. */
  void respond(LentSample lent) {
    Headers headers = headersOf(lent).with("etag", etag(lent)).with("cache-control", "no-cache");
    respond(lent, headers, isKnown(lent));
  }

  /** Answers with a reply, and closes it when it is on its way. */
  void respondQueried(LentSample lent, String state) {
    Headers headers = headersOf(lent).with("segue-query", state);
    respond(lent, headers.with("cache-control", "no-store"), false);
  }

  private void respond(LentSample lent, Headers headers, boolean known) {
    boolean handedOver = false;
    try {
      call.checkStillAllowed(); // It may have waited for long.
      if (known) {
        call.respond(304, headers, SegmentedBytes.empty());
      } else if (picture == null) {
        handedOver = true;
        call.respondLent(withContent(headers, lent), lent.payload(), lent::close);
      } else {
        PictureRequest wanted = picture;
        maker.threads(call.client()).execute(() -> sendPicture(lent, headers, wanted));
        handedOver = true;
      }
    } catch (HttpException e) {
      call.refuse(e);
    } catch (Throwable e) {
      call.fail("answer of " + key, e);
    } finally {
      if (!handedOver) {
        lent.close();
      }
    }
  }

  private void sendPicture(LentSample lent, Headers headers, PictureRequest wanted) {
    boolean handedOver = false;
    try (Picture made = maker.of(lent, wanted, call).orElse(null)) {
      if (made == null) {
        call.respondText(415, Headers.empty(), key + ": no picture");
      } else {
        handedOver = true;
        Headers typed = headers.with("content-type", made.mediaType());
        call.respondLent(typed, made.bytes(), lent::close);
      }
    } catch (PoolExhaustedException e) {
      call.refuse(
          new HttpException(503, "no memory for a picture now", Headers.of("retry-after", "1")));
    } catch (Throwable e) {
      call.fail("picture of " + key, e);
    } finally {
      if (!handedOver) {
        lent.close();
      }
    }
  }

  /** Returns whether the client has it already, by its {@code if-none-match}. */
  boolean isKnown(LentSample value) {
    return Conditions.matches(Conditions.ifNoneMatch(call), etag(value));
  }

  /** Returns the newest {@link KeptSample#id()} that the client has, by the same; 0 for none. */
  long knownId() {
    long known = 0;
    for (String tag : Conditions.tags(Conditions.ifNoneMatch(call))) {
      if (tag.startsWith(ETAG_START)) {
        known = Math.max(known, idOf(tag.substring(ETAG_START.length(), tag.length() - 1)));
      }
    }
    return known;
  }

  private static long idOf(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException _) {
      return 0; // Not one of ours.
    }
  }

  private static String etag(LentSample value) {
    return ETAG_START + value.sample().id() + "\"";
  }

  private static Headers headersOf(LentSample value) {
    Metadata metadata = value.metadata();
    Instant when =
        metadata.published() == null ? metadata.received() : metadata.published().toInstant();
    Headers headers =
        Headers.of(
            "last-modified",
            Conditions.date(when),
            "zenoh-encoding",
            MediaTypes.headerText(metadata.encoding().text()));
    if (metadata.published() != null) {
      headers =
          headers.with(
              "zenoh-timestamp",
              metadata.published().toInstant() + "/" + metadata.published().id());
    }
    if (metadata.attachment() != null) {
      headers = headers.with("zenoh-attachment", metadata.attachment());
    }
    return headers;
  }

  private static Headers withContent(Headers headers, LentSample value) {
    return headers
        .with("content-type", MediaTypes.of(value.metadata().encoding()))
        .with("content-length", Long.toString(value.metadata().payloadByteSize()));
  }
}
