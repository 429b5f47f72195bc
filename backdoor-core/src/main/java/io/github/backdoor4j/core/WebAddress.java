package io.github.backdoor4j.core;

import static io.github.backdoor4j.core.Checks.require;

import java.net.URI;
import java.util.Locale;
import java.util.Objects;

/** Which addresses may be asked: https, and plain http within this machine. */
final class WebAddress {

  private WebAddress() {}

  /** Refuses what is neither https nor http to this very machine. */
  static void check(URI address) {
    require(
        allowed(address),
        "address %s must begin with https://; plain http is only allowed within this machine",
        address);
  }

  private static boolean allowed(URI address) {
    String scheme = Objects.requireNonNullElse(address.getScheme(), "").toLowerCase(Locale.ROOT);
    return address.getHost() != null
        && (scheme.equals("https") || (scheme.equals("http") && isLocal(address)));
  }

  /** Whether a server may send us from one address to another; never from outside to inside. */
  static boolean mayRedirect(URI from, URI to) {
    return allowed(to) && (isLocal(from) || !isLocal(to));
  }

  private static boolean isLocal(URI address) {
    String host = Objects.requireNonNullElse(address.getHost(), "").toLowerCase(Locale.ROOT);
    return host.equals("localhost") || host.equals("[::1]") || host.matches("127(\\.\\d+){3}");
  }

  /** The address of a file below a mirror's. */
  static URI below(URI mirror, String file) {
    String base = mirror.toString();
    return URI.create(base.endsWith("/") ? base + file : base + "/" + file);
  }
}
