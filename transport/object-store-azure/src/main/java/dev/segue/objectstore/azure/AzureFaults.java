package dev.segue.objectstore.azure;

import com.azure.core.exception.ClientAuthenticationException;
import com.azure.core.exception.HttpResponseException;
import com.azure.core.http.HttpHeaderName;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.internal.Failures;
import dev.segue.objectstore.internal.ServiceFault;
import dev.segue.objectstore.internal.ServiceFaultException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;

/** Tells what the SDK throws in words that every store has. */
final class AzureFaults {
  private static final HttpHeaderName CODE = HttpHeaderName.fromString("x-ms-error-code");
  private static final HttpHeaderName REQUEST_ID = HttpHeaderName.fromString("x-ms-request-id");
  private static final String MESSAGE = "<Message>";

  private AzureFaults() {}

  /** Sends a request; its faults are told as this class tells them. */
  static <T> CompletableFuture<T> sent(Supplier<Mono<T>> request) {
    CompletableFuture<T> answer;
    try {
      answer = request.get().toFuture();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(of(e));
    }
    return answer.exceptionallyCompose(failure -> CompletableFuture.failedFuture(of(failure)));
  }

  /** The same fault in the words of all stores. */
  static Throwable of(Throwable failure) {
    Throwable root = Failures.root(Exceptions.unwrap(Failures.root(failure)));
    return switch (root) {
      // The SDK reads a body that is none of the service's.
      case HttpResponseException azure when isAccepted(azure) ->
          new ObjectStoreException(
              Reason.UNTRUSTWORTHY,
              "the server's answer can't be read: " + azure.getMessage(),
              azure);
      case NullPointerException empty ->
          new ObjectStoreException(Reason.UNTRUSTWORTHY, "the server's answer is empty", empty);
      case HttpResponseException azure -> new ServiceFaultException(fault(azure), azure);
      default -> root;
    };
  }

  private static boolean isAccepted(HttpResponseException azure) {
    return azure.getResponse() != null && azure.getResponse().getStatusCode() / 100 == 2;
  }

  private static ServiceFault fault(HttpResponseException azure) {
    var response = azure.getResponse();
    boolean ofCredentials = azure instanceof ClientAuthenticationException;
    if (response == null) {
      return new ServiceFault(0, "", orEmpty(azure.getMessage()), "", false, ofCredentials);
    }
    return new ServiceFault(
        response.getStatusCode(),
        orEmpty(response.getHeaders().getValue(CODE)),
        message(orEmpty(azure.getMessage())),
        orEmpty(response.getHeaders().getValue(REQUEST_ID)),
        false,
        ofCredentials);
  }

  /** The SDK puts the body, which is XML, and advice of its own into its messages. */
  private static String message(String text) {
    int start = text.indexOf(MESSAGE);
    if (start < 0) {
      return "";
    }
    // What follows are the request's id and time.
    return text.substring(start + MESSAGE.length()).split("</Message>|\n", 2)[0];
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
