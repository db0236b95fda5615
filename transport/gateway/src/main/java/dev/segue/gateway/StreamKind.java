package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.zenoh.KeyExpr;
import org.jspecify.annotations.Nullable;

/** The ways to stream samples, and which one a request wants. */
enum StreamKind {
  /** Parts that replace one another, for an {@code <img>}. */
  MULTIPART(1, "multipart/x-mixed-replace"),
  /** Length-prefixed, for programs. */
  FRAMES(64, FramesFormat.MEDIA_TYPE),
  /** Server-Sent Events with metadata. */
  SSE(64, "text/event-stream");

  private final int backlogCount;
  private final String mediaType;

  StreamKind(int backlogCount, String mediaType) {
    this.backlogCount = backlogCount;
    this.mediaType = mediaType;
  }

  /** Returns how many samples wait when the request doesn't say. */
  int backlogCount() {
    return backlogCount;
  }

  /** By {@code ?stream=…}, or by {@code Accept} if it has no value; an image is multipart. */
  static StreamKind of(GatewayExchange call, KeyExpr key) throws HttpException {
    String named = call.target().query("stream", "");
    StreamKind kind =
        switch (named) {
          case "", "1", "true" -> byAccept(call.allOf("accept", ","));
          case "multipart" -> MULTIPART;
          case "frames" -> FRAMES;
          case "sse" -> SSE;
          default ->
              throw HttpException.badRequest("stream=" + named + ": multipart, frames or sse");
        };
    if (kind == MULTIPART && key.isWild()) {
      throw HttpException.badRequest(key + ": several keys need stream=frames or stream=sse");
    }
    return kind;
  }

  /** Returns what is wanted most; multipart where it makes no difference. */
  static StreamKind byAccept(String accept) {
    StreamKind wanted = MULTIPART;
    Accept most = Accept.of(accept, MULTIPART.mediaType);
    for (StreamKind each : new StreamKind[] {SSE, FRAMES}) {
      Accept how = Accept.of(accept, each.mediaType);
      if (how.quality() > 0 && how.compareTo(most) > 0) {
        wanted = each;
        most = how;
      }
    }
    return wanted;
  }

  /** The format; pictures are made of the samples where {@code as=…} asks for them. */
  StreamFormat format(
      GatewayExchange call, @Nullable PictureRequest picture, PictureMaker maker, LoanPool texts)
      throws HttpException {
    Target target = call.target();
    if (this != MULTIPART && picture != null) {
      throw HttpException.badRequest(
          "as=" + target.query("as", "") + ": only with stream=multipart");
    }
    return switch (this) {
      case MULTIPART -> new MultipartFormat(call, picture, maker, texts);
      case FRAMES -> new FramesFormat(texts);
      case SSE -> new EventsFormat(target.query("payload", ""), texts);
    };
  }
}
