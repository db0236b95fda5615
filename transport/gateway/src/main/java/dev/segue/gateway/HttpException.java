package dev.segue.gateway;

import dev.segue.http2.Headers;
import java.util.Objects;

/** A request that is answered with an error; the message is for whoever sent it. */
final class HttpException extends Exception {
  private static final long serialVersionUID = 1;

  private final int status;
  private final transient Headers headers;

  HttpException(int status, String message) {
    this(status, message, Headers.empty());
  }

  HttpException(int status, String message, Headers headers) {
    super(message);
    this.status = status;
    this.headers = headers;
  }

  static HttpException badRequest(String message) {
    return new HttpException(400, message);
  }

  int status() {
    return status;
  }

  Headers headers() {
    return headers;
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }
}
