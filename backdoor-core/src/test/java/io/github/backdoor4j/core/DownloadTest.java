package io.github.backdoor4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DownloadTest {

  @ParameterizedTest
  @ValueSource(strings = {"", "../x", "a/b", "a\\b", ".hidden", "a b", ".."})
  void name_mustBePlain(String name) {
    assertThatThrownBy(() -> Download.of(name, "https://example.org/x"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("plain file name");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://example.org/x",
        "ftp://example.org/x",
        "file:///etc/passwd",
        "https:/x",
        "http://127.0.0.1.example.org/x",
        "http://localhost.example.org/x"
      })
  void address_mustBeHttps(String address) {
    assertThatThrownBy(() -> Download.of("x", address))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("must begin with https://");
  }

  @Test
  void checksum_mustBeOfAKnownKind() {
    Download plain = Download.of("x", "https://example.org/x");

    assertThatThrownBy(() -> plain.withChecksum("sha1:0000"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("must be md5: or sha256:");
    assertThatThrownBy(() -> plain.withChecksum("")).hasMessageContaining("confirms a checksum");
    assertThatThrownBy(() -> plain.withBytes(0)).hasMessageContaining("positive");
  }

  @Test
  void checksum_mayBeTheFirstDigitsOfASha256_butNotFewerThanEight() {
    Download plain = Download.of("x", "https://example.org/x");

    assertThat(plain.partialChecksum()).isFalse();
    assertThat(plain.withChecksum("sha256:0123abcd").partialChecksum()).isTrue();
    assertThat(plain.withChecksum("sha256:" + "0".repeat(64)).partialChecksum()).isFalse();
    assertThat(plain.withChecksum("md5:" + "0".repeat(32)).partialChecksum()).isFalse();
    assertThatThrownBy(() -> plain.withChecksum("sha256:0123abc")).hasMessageContaining("first 8");
    assertThatThrownBy(() -> plain.withChecksum("md5:01234567")).hasMessageContaining("first 8");
  }

  @ParameterizedTest
  @CsvSource({
    "https://a.org/x, https://b.org/y, true",
    "https://a.org/x, http://b.org/y, false",
    "https://a.org/x, http://127.0.0.1/y, false",
    "https://a.org/x, https://localhost/y, false",
    "http://127.0.0.1/x, http://localhost/y, true",
    "http://127.0.0.1/x, http://b.org/y, false",
    "http://[::1]/x, http://127.1.2.3/y, true",
  })
  void redirect_neverLeavesHttps_norEntersThisMachine(String from, String to, boolean allowed) {
    assertThat(WebAddress.mayRedirect(URI.create(from), URI.create(to))).isEqualTo(allowed);
  }
}
