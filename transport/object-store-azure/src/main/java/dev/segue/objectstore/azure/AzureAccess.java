package dev.segue.objectstore.azure;

import com.azure.core.http.HttpClient;
import com.azure.storage.blob.BlobServiceClientBuilder;
import com.azure.storage.common.StorageSharedKeyCredential;
import dev.segue.objectstore.spi.StoreUri;
import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whose container it is and what its requests are signed with, of a URI's options and the
 * environment.
 *
 * @param sasToken what URLs of this account need behind them, null with any other credential
 */
record AzureAccess(Kind kind, @Nullable String sasToken) {
  /** The credential that signs requests. */
  enum Kind {
    SHARED_KEY,
    SAS_TOKEN,
    IDENTITY,
    NONE
  }

  private static final String CONNECTION_STRING = "AZURE_STORAGE_CONNECTION_STRING";
  private static final String ACCOUNT = "AZURE_STORAGE_ACCOUNT";
  private static final String KEY = "AZURE_STORAGE_KEY";
  private static final String TOKEN = "AZURE_STORAGE_SAS_TOKEN";
  private static final String SIGNATURE = "SharedAccessSignature=";

  /**
   * Tells a client where to go and how to sign.
   *
   * @throws IllegalArgumentException if neither says whose container it is
   */
  static AzureAccess grant(
      BlobServiceClientBuilder client,
      StoreUri uri,
      Map<String, String> environment,
      HttpClient http) {
    String connection = value(environment, CONNECTION_STRING);
    String endpoint = uri.options().get("endpoint");
    String account = uri.options().get("account");
    boolean anonymous = uri.flag("anonymous", false);
    if (connection != null && account == null && !anonymous) {
      client.connectionString(connection);
      if (endpoint != null) {
        client.endpoint(checked(endpoint));
      }
      String token = token(connection);
      return new AzureAccess(token == null ? Kind.SHARED_KEY : Kind.SAS_TOKEN, token);
    }
    String owner = account == null ? value(environment, ACCOUNT) : account;
    if (endpoint == null && owner == null) {
      throw new IllegalArgumentException(
          "store \""
              + uri
              + "\": whose container is it? Add ?account=NAME or ?endpoint=URL, or set "
              + ACCOUNT
              + " or "
              + CONNECTION_STRING);
    }
    client.endpoint(
        endpoint == null ? "https://" + owner + ".blob.core.windows.net" : checked(endpoint));
    return anonymous
        ? new AzureAccess(Kind.NONE, null)
        : sign(client, uri, environment, owner, http);
  }

  private static AzureAccess sign(
      BlobServiceClientBuilder client,
      StoreUri uri,
      Map<String, String> environment,
      @Nullable String owner,
      HttpClient http) {
    String key = value(environment, KEY);
    if (key != null) {
      if (owner == null) {
        throw new IllegalArgumentException(
            "store \"" + uri + "\": of which account is " + KEY + "? Add ?account=NAME");
      }
      client.credential(new StorageSharedKeyCredential(owner, key));
      return new AzureAccess(Kind.SHARED_KEY, null);
    }
    String token = value(environment, TOKEN);
    if (token != null) {
      String bare = token.startsWith("?") ? token.substring(1) : token;
      client.sasToken(bare);
      return new AzureAccess(Kind.SAS_TOKEN, bare);
    }
    client.credential(AzureIdentity.credential(uri, http));
    return new AzureAccess(Kind.IDENTITY, null);
  }

  private static @Nullable String value(Map<String, String> environment, String name) {
    String value = environment.get(name);
    return value == null || value.isBlank() ? null : value.strip();
  }

  private static @Nullable String token(String connection) {
    for (String part : connection.split(";", -1)) {
      if (part.startsWith(SIGNATURE)) {
        return part.substring(SIGNATURE.length());
      }
    }
    return null;
  }

  private static String checked(String endpoint) {
    URI url = URI.create(endpoint);
    if (url.getHost() == null
        || !("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
      throw new IllegalArgumentException(
          "store option endpoint="
              + endpoint
              + ": a URL such as http://127.0.0.1:10000/devstoreaccount1");
    }
    return endpoint;
  }

  /** The URL of a blob of this account, for the service itself to read. */
  String source(String blobUrl) {
    return sasToken == null ? blobUrl : blobUrl + "?" + sasToken;
  }
}
