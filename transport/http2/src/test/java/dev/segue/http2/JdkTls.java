package dev.segue.http2;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** The JDK's TLS for the JDK's client. */
public final class JdkTls {
  private JdkTls() {}

  /** A connection that speaks HTTP/2. */
  static SSLSocket connect(Http2Server server, Tls identity) throws Exception {
    Socket plain = new Socket(server.address().getAddress(), server.address().getPort());
    return over(plain, identity);
  }

  /** The same over a connection that is there, which the test may disturb. */
  static SSLSocket over(Socket plain, Tls identity) throws Exception {
    SSLSocket secure =
        (SSLSocket)
            trusting(identity)
                .getSocketFactory()
                .createSocket(plain, "localhost", plain.getPort(), true);
    SSLParameters parameters = secure.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    secure.setSSLParameters(parameters);
    return secure;
  }

  public static SSLContext trusting(Tls identity) throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("server", identity.certificates().getFirst());
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    return context;
  }
}
