package dev.segue.objectstore;

import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.http.DestinationTooSmallException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Tells faults apart: which to try again, which are the store's, which the caller's. */
final class Failures {
  private static final Set<Integer> TRANSIENT_STATUS = Set.of(408, 429, 500, 502, 503, 504);
  private static final Set<String> TRANSIENT_CODES =
      Set.of(
          "RequestTimeout",
          "SlowDown",
          "InternalError",
          "ExpiredToken",
          "RequestTimeTooSkewed",
          "IncompleteBody");

  /** The store computed another checksum of what reached it. */
  private static final Set<String> CORRUPT_CODES =
      Set.of("BadDigest", "XAmzContentChecksumMismatch");

  private Failures() {}

  /** The fault inside wrappers of futures and of the SDK. */
  static Throwable root(Throwable failure) {
    Throwable at = failure;
    while (at.getCause() != null
        && (at instanceof ExecutionException
            || at instanceof CompletionException
            || (at instanceof SdkClientException && at.getCause() instanceof Exception))) {
      at = at.getCause();
    }
    return at;
  }

  static boolean isTransient(Throwable failure) {
    Throwable root = root(failure);
    return switch (root) {
      case ObjectStoreException ose ->
          ose.reason() == Reason.UNTRUSTWORTHY || ose.reason() == Reason.CORRUPT;
      case IOException _ -> true;
      case AwsServiceException service ->
          TRANSIENT_STATUS.contains(service.statusCode())
              || service.isThrottlingException()
              || TRANSIENT_CODES.contains(code(service))
              || CORRUPT_CODES.contains(code(service));
      case SdkClientException client -> isChecksumMismatch(client);
      default -> false;
    };
  }

  /** Whether the store asks for fewer requests. */
  static boolean isThrottled(Throwable failure) {
    return root(failure) instanceof AwsServiceException service
        && (service.statusCode() == 503
            || service.statusCode() == 429
            || service.isThrottlingException());
  }

  private static boolean isChecksumMismatch(Throwable failure) {
    String message = failure.getMessage();
    return message != null && message.toLowerCase(Locale.ROOT).contains("checksum");
  }

  private static String code(AwsServiceException failure) {
    var details = failure.awsErrorDetails();
    String code = details == null ? null : details.errorCode();
    return code == null ? "" : code;
  }

  /** The exception that the caller of {@code what} gets. */
  static ObjectStoreException of(String what, Throwable failure) {
    Throwable root = root(failure);
    if (root instanceof Error error) {
      throw error;
    }
    if (root instanceof IllegalStateException closed) {
      // Memory that its owner closed while it was being filled: misuse, not a fault of the store.
      throw new IllegalStateException(what + ": " + closed.getMessage(), closed);
    }
    return new ObjectStoreException(reason(root), what + ": " + text(root), root);
  }

  private static Reason reason(Throwable root) {
    return switch (root) {
      case ObjectStoreException known -> known.reason();
      case InterruptedException _ -> Reason.CANCELLED;
      case DestinationTooSmallException _ -> Reason.RANGE;
      case NoSuchFileException _ -> Reason.NOT_FOUND;
      case AccessDeniedException _ -> Reason.DENIED;
      case AwsServiceException service -> reason(service);
      case SdkClientException client when isChecksumMismatch(client) -> Reason.CORRUPT;
      case IOException io when isNoSpace(io.getMessage()) -> Reason.NO_SPACE;
      case IOException _ -> Reason.UNAVAILABLE;
      default -> Reason.OTHER;
    };
  }

  private static boolean isNoSpace(@Nullable String message) {
    return message != null
        && (message.contains("No space left") || message.contains("Disk quota exceeded"));
  }

  private static Reason reason(AwsServiceException service) {
    if (!(service instanceof S3Exception)) {
      // A token service's answer says nothing of the object.
      return service.statusCode() >= 500 ? Reason.UNAVAILABLE : Reason.DENIED;
    }
    if (CORRUPT_CODES.contains(code(service))) {
      return Reason.CORRUPT;
    }
    return switch (service.statusCode()) {
      case 404 -> Reason.NOT_FOUND;
      case 401, 403 -> Reason.DENIED;
      case 412 -> Reason.CHANGED;
      case 416 -> Reason.RANGE;
      case 408, 429, 500, 502, 503, 504 -> Reason.UNAVAILABLE;
      default -> TRANSIENT_CODES.contains(code(service)) ? Reason.UNAVAILABLE : Reason.OTHER;
    };
  }

  private static String text(Throwable root) {
    if (root instanceof AwsServiceException service) {
      var details = service.awsErrorDetails();
      String message = details == null ? null : details.errorMessage();
      return (root instanceof S3Exception ? "" : "credentials: ")
          + "status="
          + service.statusCode()
          + " "
          + code(service)
          + (message == null || message.isEmpty() ? "" : ": " + message);
    }
    if (root instanceof SdkClientException && isChecksumMismatch(root)) {
      return "the bytes that arrived are not those that were stored: " + root.getMessage();
    }
    String message = root.getMessage();
    return message == null ? root.getClass().getSimpleName() : message;
  }
}
