package dev.segue.objectstore.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseHeadTest {
  private static ResponseHead parse(String head) throws ProtocolException {
    return ResponseHead.parse(head.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  void aPlainHeadIsTakenApart() throws Exception {
    ResponseHead head =
        parse("HTTP/1.1 206 Partial Content\r\nContent-Length:  42 \r\nETag: \"a b\"\r\n\r\n");
    assertEquals(206, head.status());
    assertEquals("Partial Content", head.reason());
    assertEquals(42, head.contentLength());
    assertEquals("\"a b\"", head.fields().get(1).value());
    assertTrue(head.persistent());
    assertFalse(head.chunked());
  }

  @Test
  void closeAndTheOldVersionEndTheConnection() throws Exception {
    assertFalse(parse("HTTP/1.1 200 OK\r\nConnection: x, Close\r\n\r\n").persistent());
    assertFalse(parse("HTTP/1.0 200 OK\r\n\r\n").persistent());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\n Content-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\u0000c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\nB: c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\rB: c\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 600 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "\r\n\r\n",
        "HTTP/1.1 200 OK\r\n",
      })
  void whatTwoReadersCouldReadDifferentlyIsRefused(String head) {
    assertThrows(ProtocolException.class, () -> parse(head));
  }

  @Test
  void aHeadOfTooManyFieldsIsRefused() {
    String head = "HTTP/1.1 200 OK\r\n" + "A: b\r\n".repeat(300) + "\r\n";
    assertThrows(ProtocolException.class, () -> parse(head));
  }
}
