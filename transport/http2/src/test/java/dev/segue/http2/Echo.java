package dev.segue.http2;

import dev.segue.bytes.SegmentedBytes;

/** Sends a body back as it comes, one piece at a time, from the memory it was received in. */
final class Echo {
  private Echo() {}

  static void answer(Exchange exchange) {
    pump(exchange, exchange.respond(200, Headers.empty()));
  }

  private static void pump(Exchange exchange, DataWriter writer) {
    var _ =
        exchange
            .body()
            .read()
            .whenComplete(
                (piece, failure) -> {
                  if (failure != null) {
                    exchange.reset(8);
                  } else if (piece.isEmpty()) {
                    var _ = writer.end();
                  } else {
                    Data data = piece.get();
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
