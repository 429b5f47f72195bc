package io.github.backdoor4j.core.tensor;

import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * A seed as a value, split by purpose: {@code seed.child("poison-index")}. Two children with
 * different names are independent; adding a new purpose never shifts the draws of another. There is
 * no global generator anywhere in the project.
 *
 * @param value the 64 bits that everything below is derived from
 */
public record Seed(long value) {

  /**
   * Seed for one named purpose below this one.
   *
   * @param purpose a stable name; part of what makes results reproducible, so do not rename it
   */
  public Seed child(String purpose) {
    long hash =
        Hashing.sha256()
            .newHasher()
            .putLong(value)
            .putString(purpose, StandardCharsets.UTF_8)
            .hash()
            .asLong();
    return new Seed(hash);
  }

  /** Seed for one index of a sequence, such as an epoch. */
  public Seed child(String purpose, long index) {
    return child(purpose + "#" + index);
  }

  /** A fresh Java generator that starts at this seed. */
  public RandomGenerator random() {
    return new SplittableRandom(value);
  }
}
