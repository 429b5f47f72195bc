package io.github.backdoor4j.core;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Hashes of whole files in the form {@code sha256:…} or {@code md5:…}. */
public final class FileHash {

  static final String SHA256 = "sha256";
  private static final int CHUNK = 1 << 18;

  private FileHash() {}

  /**
   * Hashes a file with SHA-256.
   *
   * @return {@code sha256:} and 64 lower-case hexadecimal digits
   * @throws DataException if it cannot be read
   */
  public static String sha256(Path file) {
    return of(file, SHA256);
  }

  /** Hashes a file with the algorithm of another hash; with SHA-256 if that is empty. */
  static String like(String other, Path file) {
    return of(file, other.isEmpty() ? SHA256 : other.substring(0, other.indexOf(':')));
  }

  /** Hashes a file with {@code sha256} or {@code md5}. */
  static String of(Path file, String algorithm) {
    MessageDigest digest = digest(algorithm);
    byte[] chunk = new byte[CHUNK];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
        digest.update(chunk, 0, read);
      }
    } catch (IOException e) {
      throw new DataException(e, "%s cannot be read: %s. Check its permissions.", file, e);
    }
    return algorithm + ":" + HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm.equals(SHA256) ? "SHA-256" : "MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java machine has it", e);
    }
  }
}
