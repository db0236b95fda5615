package dev.segue.objectstore;

import com.azure.core.exception.HttpResponseException;
import com.azure.core.http.HttpHeaderName;
import com.azure.storage.blob.models.BlobStorageException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/**
 * An answer by which a service says that it did not do what was asked, whoever's SDK read it.
 *
 * @param code the service's own word, empty if it gave none
 */
record ServiceFault(int status, String code, String message, boolean isThrottling) {
  private static final HttpHeaderName AZURE_CODE = HttpHeaderName.fromString("x-ms-error-code");

  /** The fault that an exception tells of, null if it is of another kind. */
  static @Nullable ServiceFault of(Throwable failure) {
    return switch (failure) {
      case AwsServiceException aws -> of(aws);
      case HttpResponseException azure -> of(azure);
      default -> null;
    };
  }

  private static ServiceFault of(AwsServiceException aws) {
    var details = aws.awsErrorDetails();
    return new ServiceFault(
        aws.statusCode(),
        orEmpty(details == null ? null : details.errorCode()),
        orEmpty(details == null ? null : details.errorMessage()),
        aws.isThrottlingException());
  }

  private static ServiceFault of(HttpResponseException azure) {
    var response = azure.getResponse();
    if (response == null) {
      return new ServiceFault(0, "", orEmpty(azure.getMessage()), false);
    }
    String message = azure instanceof BlobStorageException blob ? blob.getServiceMessage() : null;
    return new ServiceFault(
        response.getStatusCode(),
        orEmpty(response.getHeaders().getValue(AZURE_CODE)),
        orEmpty(message).lines().findFirst().orElse(""),
        false);
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  @Override
  public String toString() {
    return "status=" + status + " " + code + (message.isEmpty() ? "" : ": " + message);
  }
}
