package dev.segue.http2;

import dev.segue.bytes.SegmentedBytes;

/** Sends a body back as it comes, one piece at a time, from the memory it was received in. */
final class Echo {
  private Echo() {}

  static void answer(Http2Exchange exchange) {
    pump(exchange, exchange.respond(200, Headers.empty()));
  }

  private static void pump(Http2Exchange exchange, BodyWriter writer) {
    var _ =
        exchange
            .body()
            .read()
            .whenComplete(
                (piece, failure) -> {
                  if (failure != null) {
                    exchange.reset(Http2Error.CANCEL);
                  } else if (piece.isEmpty()) {
                    writer.end();
                  } else {
                    BodyPiece data = piece.get();
                    SegmentedBytes bytes = data.bytes();
                    var _ =
                        writer
                            .write(bytes)
                            .whenComplete(
                                (_, fault) -> {
                                  data.close();
                                  if (fault == null) {
                                    pump(exchange, writer);
                                  } else {
                                    exchange.body().cancel();
                                  }
                                });
                  }
                });
  }
}
