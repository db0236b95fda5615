package dev.segue.objectstore.s3;

import dev.segue.objectstore.spi.StoreUri;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleCredentialsProvider;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/**
 * The credentials and the region of requests: what the URI says, and the SDK's own ways for the
 * rest.
 */
final class S3Credentials implements AutoCloseable {
  private final StoreUri uri;
  private final Deque<SdkAutoCloseable> owned = new ArrayDeque<>();
  private final AwsCredentialsProvider provider;

  S3Credentials(StoreUri uri, @Nullable AwsCredentialsProvider given) {
    this.uri = uri;
    this.provider = given == null ? provider() : given;
  }

  private AwsCredentialsProvider provider() {
    if (uri.flag("anonymous", false)) {
      return AnonymousCredentialsProvider.create();
    }
    String profile = uri.options().get("profile");
    // One that is named wins over the environment, which the default chain asks first.
    AwsCredentialsProvider own =
        profile == null
            ? own(DefaultCredentialsProvider.builder().build())
            : own(ProfileCredentialsProvider.builder().profileName(profile).build());
    String role = uri.options().get("roleArn");
    if (role == null) {
      return own;
    }
    var sts = StsClient.builder().credentialsProvider(own);
    Region region = region();
    if (region != null) {
      sts.region(region);
    }
    StsClient client = own(sts.build());
    return own(
        StsAssumeRoleCredentialsProvider.builder()
            .stsClient(client)
            .refreshRequest(request -> request.roleArn(role).roleSessionName("segue"))
            .build());
  }

  private <T extends SdkAutoCloseable> T own(T closeable) {
    owned.push(closeable);
    return closeable;
  }

  AwsCredentialsProvider credentials() {
    return provider;
  }

  /** The region that the URI or its profile names; null for that of the environment. */
  @Nullable Region region() {
    String named = uri.options().get("region");
    if (named != null) {
      return Region.of(named);
    }
    String profile = uri.options().get("profile");
    if (profile != null) {
      return DefaultAwsRegionProviderChain.builder().profileName(profile).build().getRegion();
    }
    // Servers of others take any.
    return uri.options().containsKey("endpoint") ? Region.US_EAST_1 : null;
  }

  @Override
  public void close() {
    owned.forEach(SdkAutoCloseable::close);
  }
}
