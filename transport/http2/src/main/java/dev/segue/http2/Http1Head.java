package dev.segue.http2;

/**
 * The request line and header of an HTTP/1.1 request, checked.
 *
 * @param contentByteSize the length of the body, 0 when there is none
 * @param isChunked whether the body comes in chunks, of a length that nobody knows yet
 */
record Http1Head(
    Request request,
    boolean isHttp11,
    boolean keepAlive,
    long contentByteSize,
    boolean isChunked,
    boolean expectsContinue) {
  boolean hasBody() {
    return isChunked || contentByteSize > 0;
  }
}
