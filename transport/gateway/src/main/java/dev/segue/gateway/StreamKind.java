package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.zenoh.KeyExpr;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The ways to stream samples, and which one a request wants. */
enum StreamKind {
  /** Parts that replace one another, for an {@code <img>}. */
  MULTIPART(1),
  /** Length-prefixed, for programs. */
  FRAMES(64),
  /** Server-Sent Events with metadata. */
  SSE(64);

  private final int backlogCount;

  StreamKind(int backlogCount) {
    this.backlogCount = backlogCount;
  }

  /** How many samples wait when the request doesn't say. */
  int backlogCount() {
    return backlogCount;
  }

  /** By {@code ?stream=…}, or by {@code Accept} if it has no value; an image is multipart. */
  static StreamKind of(Call call, KeyExpr key) throws HttpException {
    String named = call.target().query("stream", "");
    StreamKind kind =
        switch (named) {
          case "", "1", "true" -> byAccept(call.header("accept").toLowerCase(Locale.ROOT));
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

  private static StreamKind byAccept(String accept) {
    if (accept.contains("text/event-stream")) {
      return SSE;
    }
    if (accept.contains(FramesFormat.MEDIA_TYPE)) {
      return FRAMES;
    }
    return MULTIPART;
  }

  /** The format; pictures are made of the samples where {@code as=…} asks for them. */
  StreamFormat format(
      Call call, @Nullable PictureRequest picture, PictureMaker maker, LoanPool texts)
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
