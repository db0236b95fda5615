package dev.segue.objectstore.s3;

import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.internal.Failures;
import dev.segue.objectstore.internal.ServiceFault;
import dev.segue.objectstore.internal.ServiceFaultException;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import javax.xml.stream.XMLStreamException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Tells what the SDK throws in words that every store has. */
final class S3Faults {
  private S3Faults() {}

  /** Sends a request; its faults are told as this class tells them. */
  static <T> CompletableFuture<T> translated(Supplier<CompletableFuture<T>> request) {
    CompletableFuture<T> answer;
    try {
      answer = request.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(of(e));
    }
    return answer.exceptionallyCompose(failure -> CompletableFuture.failedFuture(of(failure)));
  }

  /** The same fault in the words of all stores. */
  static Throwable of(Throwable failure) {
    Throwable root = root(failure);
    return switch (root) {
      case AwsServiceException aws -> new ServiceFaultException(fault(aws), aws);
      case XMLStreamException xml ->
          new ObjectStoreException(Reason.UNTRUSTWORTHY, String.valueOf(xml.getMessage()), xml);
      case SdkClientException client -> client(client);
      default -> root;
    };
  }

  private static Throwable root(Throwable failure) {
    Throwable at = Failures.root(failure);
    while (at instanceof SdkClientException && at.getCause() instanceof Exception cause) {
      at = Failures.root(cause);
    }
    return at;
  }

  private static ServiceFault fault(AwsServiceException aws) {
    var details = aws.awsErrorDetails();
    return new ServiceFault(
        aws.statusCode(),
        orEmpty(details == null ? null : details.errorCode()),
        orEmpty(details == null ? null : details.errorMessage()),
        orEmpty(aws.requestId()),
        aws.isThrottlingException(),
        !(aws instanceof S3Exception));
  }

  private static Throwable client(SdkClientException client) {
    String message = String.valueOf(client.getMessage());
    if (message.toLowerCase(Locale.ROOT).contains("checksum")) {
      return new ObjectStoreException(
          Reason.CORRUPT, "the bytes that arrived are not those that were stored: " + message);
    }
    // Their messages list each place where the SDK looked in vain, in a thousand characters.
    if (message.startsWith("Unable to load credentials from any")) {
      return new ObjectStoreException(
          Reason.DENIED,
          "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or say profile=NAME,"
              + " roleArn=ARN or anonymous in the store's URI",
          client);
    }
    if (message.startsWith("Unable to load region from any")) {
      return new ObjectStoreException(
          Reason.OTHER,
          "no region: set AWS_REGION, or say region=eu-central-1 or the like in the store's URI",
          client);
    }
    return client;
  }

  /** Returns where the bucket is, if an answer says that the request went to the wrong region. */
  static @Nullable String bucketRegion(Throwable translated) {
    if (!(translated.getCause() instanceof S3Exception aws)) {
      return null;
    }
    AwsErrorDetails details = aws.awsErrorDetails();
    int status = aws.statusCode();
    return details == null
            || details.sdkHttpResponse() == null
            || (status != 301 && status != 307 && status != 400)
        ? null
        : details
            .sdkHttpResponse()
            .firstMatchingHeader("x-amz-bucket-region")
            // It names a host from here on.
            .filter(region -> region.matches("[a-z0-9-]{1,64}"))
            .orElse(null);
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
