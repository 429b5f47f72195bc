package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.requireRatio;

/**
 * How many training images are poisoned.
 *
 * @param ratio share in (0, 1]
 * @param of what it is a share of
 */
public record PoisonRate(double ratio, Of of) {

  /** The denominator, which published tables often leave unsaid. */
  public enum Of {
    /** The whole training set, as the field's tables count, clean-label attacks included. */
    DATASET,
    /** The images that the label rule allows to be poisoned, as some clean-label papers count. */
    ELIGIBLE
  }

  public PoisonRate {
    requireRatio("ratio", ratio);
  }

  /** A share of the whole training set. */
  public static PoisonRate ofDataset(double ratio) {
    return new PoisonRate(ratio, Of.DATASET);
  }

  /** Number of images, rounded half to even. */
  public int count(int datasetSize, int eligible) {
    return (int) Math.rint(ratio * (of == Of.DATASET ? datasetSize : eligible));
  }
}
