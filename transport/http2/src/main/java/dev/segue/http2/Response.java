package dev.segue.http2;

/**
 * A server's response.
 *
 * <p>Owner: the caller of the request, which must read the body to its end or cancel it. Lifetime:
 * that of the stream. Threads: any.
 *
 * @param status the status code
 * @param headers the header fields
 * @param body the body, as it comes
 */
public record Response(int status, Headers headers, BodyReader body) {}
