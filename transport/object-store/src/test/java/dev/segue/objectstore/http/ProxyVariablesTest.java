package dev.segue.objectstore.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProxyVariablesTest {
  private static final Map<String, String> BOTH =
      Map.of("HTTPS_PROXY", "http://u:p@tls.proxy:3128", "http_proxy", "plain.proxy");

  private static ProxyVariables without(String noProxy) {
    Map<String, String> all = new HashMap<>(BOTH);
    all.put("NO_PROXY", noProxy);
    return ProxyVariables.of(all);
  }

  @Test
  void eachSchemeHasItsProxy() {
    ProxyVariables both = ProxyVariables.of(BOTH);
    assertEquals(
        HttpProxy.parse("http://u:p@tls.proxy:3128"),
        both.proxyFor(new HttpEndpoint(true, "s3.example.com", 443)));
    assertEquals(
        HttpProxy.parse("http://plain.proxy"),
        both.proxyFor(new HttpEndpoint(false, "s3.example.com", 80)));
    ProxyVariables one = ProxyVariables.of(Map.of("HTTPS_PROXY", "http://tls.proxy:1"));
    assertNull(one.proxyFor(new HttpEndpoint(false, "s3.example.com", 80)));
    assertNull(ProxyVariables.NONE.proxyFor(new HttpEndpoint(true, "s3.example.com", 443)));
  }

  @Test
  void namesInLowerCaseGoFirst() {
    ProxyVariables both =
        ProxyVariables.of(Map.of("HTTPS_PROXY", "http://a:1", "https_proxy", "http://b:2"));
    assertEquals(
        HttpProxy.parse("http://b:2"), both.proxyFor(new HttpEndpoint(true, "x.org", 443)));
  }

  @ParameterizedTest
  @CsvSource({
    "localhost, x",
    "127.0.0.1, x",
    "[::1], x",
    "s3.example.com, '*'",
    "s3.example.com, s3.example.com",
    "S3.example.com, 'a.org,S3.Example.com'",
    "s3.example.com, example.com",
    "s3.example.com, ' a.org , .example.com'",
    "s3.example.com, *.example.com",
    "s3.example.com, example.com:443",
    "10.1.2.3, 10.0.0.0/8",
    "10.1.2.3, 10.1.2.3",
    "172.16.5.1, 172.16.4.0/22",
    "'[fd00::5]', 'fd00::/8'",
  })
  void whatIsReachedDirectly(String host, String noProxy) {
    assertNull(without(noProxy).proxyFor(new HttpEndpoint(true, host, 443)));
  }

  @ParameterizedTest
  @CsvSource({
    "s3.example.com, ''",
    "s3.example.com, ample.com",
    "s3.example.com, example.com:80",
    "example.com, s3.example.com",
    "11.1.2.3, 10.0.0.0/8",
    "172.16.8.1, 172.16.4.0/22",
    "10.1.2.3, fd00::/8",
    "s3.example.com, 10.0.0.0/8",
  })
  void whatIsNot(String host, String noProxy) {
    assertEquals(
        HttpProxy.parse("http://u:p@tls.proxy:3128"),
        without(noProxy).proxyFor(new HttpEndpoint(true, host, 443)));
  }

  @Test
  void aVariableThatIsNoUrlIsNamedWithoutWhatItHas() {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> ProxyVariables.of(Map.of("HTTPS_PROXY", "socks5://u:secret@p:1")));
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains("HTTPS_PROXY") && !message.contains("secret"), message);
  }
}
