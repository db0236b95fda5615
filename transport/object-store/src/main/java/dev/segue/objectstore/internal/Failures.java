package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.http.DestinationTooSmallException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Tells faults apart: which to try again, which are the store's, which the caller's. */
public final class Failures {
  private static final Set<Integer> TRANSIENT_STATUS = Set.of(408, 429, 500, 502, 503, 504);
  private static final Set<String> TRANSIENT_CODES =
      Set.of(
          "RequestTimeout",
          "SlowDown",
          "InternalError",
          "ExpiredToken",
          "RequestTimeTooSkewed",
          // S3: a write on a condition met another one.
          "ConditionalRequestConflict",
          "IncompleteBody");

  /** The store computed another checksum of what reached it. */
  private static final Set<String> CORRUPT_CODES =
      Set.of("BadDigest", "XAmzContentChecksumMismatch", "Crc64Mismatch", "Md5Mismatch");

  private Failures() {}

  /** The fault inside wrappers of futures. */
  public static Throwable root(Throwable failure) {
    Throwable at = failure;
    while (at.getCause() != null
        && (at instanceof ExecutionException || at instanceof CompletionException)) {
      at = at.getCause();
    }
    return at;
  }

  /** Returns whether trying again may help. */
  public static boolean isTransient(Throwable failure) {
    Throwable root = root(failure);
    return switch (root) {
      case ObjectStoreException ose ->
          ose.reason() == Reason.UNTRUSTWORTHY || ose.reason() == Reason.CORRUPT;
      case IOException _ -> true;
      default -> {
        ServiceFault fault = ServiceFault.of(root);
        yield fault != null
            && (TRANSIENT_STATUS.contains(fault.status())
                || fault.isThrottling()
                || TRANSIENT_CODES.contains(fault.code())
                || CORRUPT_CODES.contains(fault.code()));
      }
    };
  }

  /** Returns whether an answer came, with other bytes than it should have. */
  public static boolean isCorrupt(Throwable failure) {
    Reason reason = reason(root(failure));
    return reason == Reason.CORRUPT || reason == Reason.UNTRUSTWORTHY;
  }

  /** Returns whether there was no way to a server at all. */
  public static boolean isUnreachable(Throwable failure) {
    Throwable at = root(failure);
    while (at.getCause() != null) {
      at = at.getCause();
    }
    return at instanceof ConnectException || at instanceof UnknownHostException;
  }

  /** Returns whether the store asks for fewer requests. */
  public static boolean isThrottled(Throwable failure) {
    ServiceFault fault = ServiceFault.of(root(failure));
    return fault != null
        && (fault.status() == 503 || fault.status() == 429 || fault.isThrottling());
  }

  /** The same for what is attempted on no object in particular. */
  public static ObjectStoreException of(String what, Throwable failure) {
    return of(Attempt.of(what), failure);
  }

  /** The exception that the caller of {@code what} gets. */
  public static ObjectStoreException of(Attempt what, Throwable failure) {
    Throwable root = root(failure);
    if (root instanceof Error error) {
      throw error;
    }
    if (root instanceof IllegalStateException closed) {
      // Memory that its owner closed while it was being filled: misuse, not a fault of the store.
      throw new IllegalStateException(what + ": " + closed.getMessage(), closed);
    }
    return new ObjectStoreException(
        reason(root), what + ": " + text(root), root, what.key(), answer(root));
  }

  private static Reason reason(Throwable root) {
    return switch (root) {
      case ObjectStoreException known -> known.reason();
      case InterruptedException _, ClosedByInterruptException _ -> Reason.CANCELLED;
      case DestinationTooSmallException _ -> Reason.RANGE;
      case NoSuchFileException _ -> Reason.NOT_FOUND;
      case AccessDeniedException _ -> Reason.DENIED;
      case FileSystemException file when "Not a directory".equals(file.getReason()) ->
          // Below a file there is nothing.
          Reason.NOT_FOUND;
      case IOException io when isNoSpace(io.getMessage()) -> Reason.NO_SPACE;
      case IOException _ -> Reason.UNAVAILABLE;
      default -> {
        ServiceFault fault = ServiceFault.of(root);
        yield fault == null ? Reason.OTHER : reason(fault);
      }
    };
  }

  private static ObjectStoreException.Answer answer(Throwable root) {
    if (root instanceof ObjectStoreException known) {
      return known.answer();
    }
    ServiceFault fault = ServiceFault.of(root);
    return fault == null
        ? ObjectStoreException.Answer.NONE
        : new ObjectStoreException.Answer(fault.status(), fault.code(), fault.requestId());
  }

  private static boolean isNoSpace(@Nullable String message) {
    return message != null
        && (message.contains("No space left") || message.contains("Disk quota exceeded"));
  }

  private static Reason reason(ServiceFault fault) {
    if (fault.ofCredentials()) {
      // A token service's answer says nothing of the object.
      return fault.status() >= 500 ? Reason.UNAVAILABLE : Reason.DENIED;
    }
    if (CORRUPT_CODES.contains(fault.code())) {
      return Reason.CORRUPT;
    }
    if (fault.code().equals("InvalidBlockList")) {
      // Azure: the blocks are gone, because another upload of the same blob was committed.
      return Reason.CHANGED;
    }
    if (fault.code().equals("BlobAlreadyExists")) {
      // Azure, where nothing may be there.
      return Reason.CHANGED;
    }
    return switch (fault.status()) {
      case 404 -> Reason.NOT_FOUND;
      case 401, 403 -> Reason.DENIED;
      case 412 -> fault.code().startsWith("Lease") ? Reason.DENIED : Reason.CHANGED;
      case 416 -> Reason.RANGE;
      case 408, 429, 500, 502, 503, 504 -> Reason.UNAVAILABLE;
      default -> TRANSIENT_CODES.contains(fault.code()) ? Reason.UNAVAILABLE : Reason.OTHER;
    };
  }

  private static String text(Throwable root) {
    ServiceFault fault = ServiceFault.of(root);
    if (fault != null) {
      return fault.toString();
    }
    if (root instanceof FileSystemException file && file.getReason() == null) {
      // Its message is the path alone.
      return switch (file) {
        case NoSuchFileException _ -> "no such file";
        case AccessDeniedException _ -> "permission denied";
        // Where a directory is to be made.
        case FileAlreadyExistsException _ -> file.getFile() + " is a file and no directory";
        default -> file.toString();
      };
    }
    if (root instanceof ClosedByInterruptException) {
      return "the thread was interrupted";
    }
    String message = root.getMessage();
    return message == null ? root.getClass().getSimpleName() : message;
  }
}
