package io.github.backdoor4j.core;

import static io.github.backdoor4j.core.Checks.require;

import java.net.URI;
import java.util.Arrays;
import java.util.List;

/**
 * A file that can be fetched, as a data set declares it.
 *
 * @param file name that it gets, without a folder
 * @param addresses where it is to be had, the maker's own first; https only
 * @param bytes its size; {@link #UNKNOWN_SIZE} where nobody published it
 * @param checksum {@code sha256:} or {@code md5:} and lower-case hexadecimal digits; empty where
 *     there is none. Of SHA-256 the first digits may do, at least 8: see {@link #partialChecksum()}
 * @param confirmed whether the checksum was published by the maker of the file or of a widely used
 *     reader of it: only then is a file with another one refused
 * @param terms licence or terms of use in a sentence, shown before the file is fetched
 */
public record Download(
    String file,
    List<URI> addresses,
    long bytes,
    String checksum,
    boolean confirmed,
    String terms) {

  /** The size of a file whose size is not known. */
  public static final long UNKNOWN_SIZE = -1;

  private static final String SHA256 = "sha256:";

  public Download {
    addresses = List.copyOf(addresses);
    require(
        file.matches("[A-Za-z0-9][\\w.-]*"),
        "a download needs a plain file name of letters, digits, '.', '_' and '-', but has '%s'",
        file);
    require(
        bytes == UNKNOWN_SIZE || bytes > 0,
        "the size of download '%s' must be a positive number of bytes, or %d for unknown, but was"
            + " %d",
        file,
        UNKNOWN_SIZE,
        bytes);
    require(
        checksum.isEmpty() || checksum.matches("md5:[0-9a-f]{32}|sha256:[0-9a-f]{8,64}"),
        "the checksum of download '%s' must be md5: or sha256: and its digits (of SHA-256 at least"
            + " the first 8), or empty, but was '%s'",
        file,
        checksum);
    require(!confirmed || !checksum.isEmpty(), "download '%s' confirms a checksum it lacks", file);
    addresses.forEach(WebAddress::check);
  }

  /**
   * Whether only the first digits of the SHA-256 are published, as in the file names of PyTorch's
   * weights. They tell a broken file from a whole one, but a determined forger could match 8 of
   * them; the whole SHA-256 is remembered at first sight.
   */
  public boolean partialChecksum() {
    return checksum.startsWith(SHA256) && checksum.length() < SHA256.length() + 64;
  }

  /** Whether a measured checksum is the declared one, as far as that is known. */
  boolean matches(String measured) {
    return measured.startsWith(checksum);
  }

  /** What a measured checksum should be, for messages. */
  String expectation() {
    return (partialChecksum() ? "begin with " : "be ") + checksum;
  }

  /** A file of unknown size and checksum. */
  public static Download of(String file, String... addresses) {
    return new Download(
        file, Arrays.stream(addresses).map(URI::create).toList(), UNKNOWN_SIZE, "", false, "");
  }

  /** This with its size in bytes. */
  public Download withBytes(long size) {
    return new Download(file, addresses, size, checksum, confirmed, terms);
  }

  /** This with a published checksum, such as {@code md5:c58f30108f718f92721af3b95e74349a}. */
  public Download withChecksum(String published) {
    return new Download(file, addresses, bytes, published, true, terms);
  }

  /** This with licence or terms of use. */
  public Download withTerms(String text) {
    return new Download(file, addresses, bytes, checksum, confirmed, text);
  }
}
