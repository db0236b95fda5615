package dev.segue.objectstore;

import com.azure.core.exception.ClientAuthenticationException;
import com.azure.core.exception.HttpResponseException;
import com.azure.core.http.HttpHeaderName;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * An answer by which a service says that it did not do what was asked, whoever's SDK read it.
 *
 * @param code the service's own word, empty if it gave none
 * @param ofCredentials whether it is an answer of who gives out credentials, not of the store
 */
record ServiceFault(
    int status, String code, String message, boolean isThrottling, boolean ofCredentials) {
  private static final HttpHeaderName AZURE_CODE = HttpHeaderName.fromString("x-ms-error-code");

  private static final String MESSAGE = "<Message>";

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
        aws.isThrottlingException(),
        !(aws instanceof S3Exception));
  }

  private static ServiceFault of(HttpResponseException azure) {
    var response = azure.getResponse();
    boolean ofCredentials = azure instanceof ClientAuthenticationException;
    if (response == null) {
      return new ServiceFault(0, "", orEmpty(azure.getMessage()), false, ofCredentials);
    }
    return new ServiceFault(
        response.getStatusCode(),
        orEmpty(response.getHeaders().getValue(AZURE_CODE)),
        azureMessage(orEmpty(azure.getMessage())),
        false,
        ofCredentials);
  }

  /** The SDK puts the body, which is XML, and advice of its own into its messages. */
  private static String azureMessage(String text) {
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

  @Override
  public String toString() {
    String who = ofCredentials ? "credentials: " : "";
    if (status == 0) {
      return who + message;
    }
    return who + "status=" + status + " " + code + (message.isEmpty() ? "" : ": " + message);
  }
}
