package io.github.backdoor4j.core.train;

import org.bytedeco.pytorch.Tensor;

/**
 * One batch as a step sees it, on the training device.
 *
 * @param images normalised floats N×C×H×W, augmented as the plan says
 * @param labels 64-bit integers N
 * @param rows position of each image in the data set, N
 */
public record Batch(Tensor images, Tensor labels, long[] rows) {

  /** Number of images. */
  public int size() {
    return rows.length;
  }
}
