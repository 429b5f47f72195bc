package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.require;

import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;
import org.apache.commons.math3.random.MersenneTwister;

/**
 * Draws without replacement as CPython 3.2 and later do: {@code random.seed(s)}, then {@code
 * random.sample(range(n), k)}. With it the very images that scripts in Python drew can be drawn
 * again, without files of indices.
 *
 * @see <a href="https://docs.python.org/3/library/random.html#random.sample">random.sample</a>
 */
public final class PythonSample {

  private static final int SMALL_SET = 21;
  private static final int SMALL_SAMPLE = 5;
  private static final int WORD = 32;

  private final MersenneTwister words;

  /**
   * @param seed as given to {@code random.seed}; of a negative one Python takes the absolute value
   */
  public PythonSample(long seed) {
    long absolute = Math.abs(seed);
    int low = (int) absolute;
    int high = (int) (absolute >>> WORD);
    words = new MersenneTwister(high == 0 ? new int[] {low} : new int[] {low, high});
  }

  /**
   * The next sample: {@code size} different numbers of [0, {@code population}), in the order drawn.
   *
   * @throws io.github.backdoor4j.core.UsageException if the sample is larger than the population
   */
  public int[] next(int population, int size) {
    require(
        0 <= size && size <= population,
        "a sample of %s cannot be drawn from %s without replacement",
        size,
        population);
    return population <= setSize(size) ? fromList(population, size) : fromSet(population, size);
  }

  /** The size up to which Python copies the population rather than remembering what was drawn. */
  private static long setSize(int size) {
    if (size <= SMALL_SAMPLE) {
      return SMALL_SET;
    }
    long power = 1;
    while (power < 3L * size) {
      power *= 4;
    }
    return SMALL_SET + power;
  }

  private int[] fromList(int population, int size) {
    int[] pool = IntStream.range(0, population).toArray();
    int[] sample = new int[size];
    for (int i = 0; i < size; i++) {
      int place = below(population - i);
      sample[i] = pool[place];
      pool[place] = pool[population - i - 1];
    }
    return sample;
  }

  private int[] fromSet(int population, int size) {
    BitSet drawn = new BitSet(population);
    int[] sample = new int[size];
    Arrays.setAll(
        sample,
        i -> {
          int number = below(population);
          while (drawn.get(number)) {
            number = below(population);
          }
          drawn.set(number);
          return number;
        });
    return sample;
  }

  /** A number below a limit: as many bits as the limit has, drawn again while too large. */
  private int below(int limit) {
    int shift = Integer.numberOfLeadingZeros(limit);
    int number = word(shift);
    while (number >= limit) {
      number = word(shift);
    }
    return number;
  }

  private int word(int shift) {
    return words.nextInt() >>> shift;
  }
}
